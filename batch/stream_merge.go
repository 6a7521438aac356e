package batch

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// mergeStreams makes one stream of several. By time, their events share out the
// places that they had in the file anew; every other event keeps its place.
type mergeStreams struct {
	from  []string
	to    string
	order string
}

func readMerge(o *streamObject) streamStep {
	s := &mergeStreams{from: o.texts("from"), to: o.text("to", true), order: o.text("order", false)}
	switch s.order {
	case "":
		s.order = byTime
	case byTime, byFile:
	default:
		o.fail("order", fmt.Sprintf("order is %q", s.order), "time and file are known: by their time, or as they stand in the file")
	}
	return s
}

// The orders of a merge.
const (
	byTime = "time"
	byFile = "file"
)

func (s *mergeStreams) String() string {
	return fmt.Sprintf("merge %s to %s by %s", strings.Join(s.from, ", "), s.to, s.order)
}

func (s *mergeStreams) uses() []int {
	if s.order == byTime {
		return []int{atTime}
	}
	return nil
}

func (s *mergeStreams) begin(r *streamRun, next emit) (stage, error) {
	if s.order == byFile {
		return each(func(x *streamRecord) error {
			if slices.Contains(s.from, x.stream) {
				if err := r.into(x, s.to); err != nil {
					return err
				}
			}
			return next(x)
		}), nil
	}
	return &mergeStage{r: r, s: s, next: next}, nil
}

// mergeStage writes everything to a file first, since the first place of the
// streams may belong to their last event.
type mergeStage struct {
	r     *streamRun
	s     *mergeStreams
	next  emit
	file  *os.File
	w     *bufio.Writer
	size  int64
	index []merged
}

// merged is an event of the streams: when it was, and where it lies.
type merged struct {
	at     moment
	stream int // its rank among the names
	file   int64
}

func (g *mergeStage) push(x *streamRecord) error {
	if g.file == nil {
		var err error
		if g.file, err = g.r.spool(); err != nil {
			return err
		}
		g.w = bufio.NewWriterSize(g.file, 1<<20)
	}
	if rank := slices.Index(g.s.from, x.stream); rank >= 0 {
		m, err := g.place(x, rank)
		if err != nil {
			return err
		}
		g.index = append(g.index, m)
	}
	n, err := g.w.Write(appendRecord(nil, x))
	g.size += int64(n)
	return err
}

func (g *mergeStage) place(x *streamRecord, rank int) (merged, error) {
	m := merged{stream: rank, file: g.size}
	text, ok := x.text(atTime)
	if !ok {
		return m, g.r.wrong(x, fmt.Sprintf("it has no time at %s, which the merge orders by", g.r.job.Envelope.Time))
	}
	var err error
	if m.at, err = momentOf(x.meta()["time"]); err != nil {
		return m, g.r.wrong(x, err.Error())
	}
	switch {
	case len(g.index) > 0 && g.index[0].at.number != m.at.number:
		return m, g.r.wrong(x, fmt.Sprintf("its time %s is of another kind than that of the events before it", text))
	case len(g.index) >= maxMerged:
		return m, g.r.wrong(x, fmt.Sprintf("the streams have more than %d events", maxMerged))
	}
	return m, nil
}

func (g *mergeStage) end() error {
	if g.file == nil {
		return nil
	}
	if err := g.w.Flush(); err != nil {
		return err
	}
	// Records of one stream lie in their order, so that a stable sort keeps it.
	slices.SortStableFunc(g.index, func(a, b merged) int {
		switch {
		case a.at.before(b.at):
			return -1
		case b.at.before(a.at):
			return 1
		}
		return a.stream - b.stream
	})
	in := bufio.NewReaderSize(io.NewSectionReader(g.file, 0, g.size), 1<<20)
	for k := 0; ; {
		x, err := g.r.readRecord(in)
		if err == io.EOF { //nolint:errorlint // as bufio gives it
			return nil
		}
		if err == nil && slices.Contains(g.s.from, x.stream) {
			at := io.NewSectionReader(g.file, g.index[k].file, g.size)
			k++
			if x, err = g.r.readRecord(bufio.NewReader(at)); err == nil {
				err = g.r.into(x, g.s.to)
			}
		}
		if err == nil {
			err = g.next(x)
		}
		if err != nil {
			return err
		}
	}
}

// appendRecord writes a record to a spool.
func appendRecord(dst []byte, x *streamRecord) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(x.line)))
	dst = binary.AppendVarint(binary.AppendVarint(dst, x.offset), x.record)
	return append(dst, x.line...)
}

// readRecord reads a record of a spool.
func (r *streamRun) readRecord(in *bufio.Reader) (*streamRecord, error) {
	size, err := binary.ReadUvarint(in)
	if err != nil {
		return nil, err
	}
	offset, err := binary.ReadVarint(in)
	if err != nil {
		return nil, err
	}
	record, err := binary.ReadVarint(in)
	if err != nil {
		return nil, err
	}
	line := make([]byte, size)
	if _, err := io.ReadFull(in, line); err != nil {
		return nil, err
	}
	return r.newRecord(line, offset, record)
}
