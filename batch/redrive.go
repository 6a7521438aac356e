package batch

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// redriver carries dead letters again, from the records as they were stored. Its
// output has the form of the file that the records came from.
type redriver struct {
	lines *lineCarrier
	kind  Format
	head  *ocfHeader
}

// kindOf is the form of the file that a file of dead letters came from.
func kindOf(path string) (Format, error) {
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // read only
	line, err := bufio.NewReaderSize(f, 1<<16).ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		return "", fmt.Errorf("%s holds no dead letter", path)
	}
	// The two members come first in every letter.
	for _, k := range []Format{Lines, OCF} {
		if bytes.HasPrefix(line, fmt.Appendf(nil, `{"format":%q,"kind":%q,`, deadFormat, k)) {
			return k, nil
		}
	}
	return "", fmt.Errorf("%s does not begin with a dead letter of this program", path)
}

// openLetters opens a file of dead letters instead of the input.
func (r *run) openLetters() error {
	in, _, err := openLines(r.job.In, r.report.Bytes, r.report.Records)
	if err != nil {
		return err
	}
	r.in = in
	if r.job.Format != OCF {
		return nil
	}
	_, target := r.routes.Target()
	r.head = ocfHeader{schema: target.Canonical(), codec: "null"}
	sum := sha256.Sum256([]byte("instar-batch redrive" + r.head.schema))
	copy(r.head.sync[:], sum[:])
	if r.out != nil && r.out.size == 0 {
		return r.out.write(r.head.append(nil))
	}
	return nil
}

func (d *redriver) close() {}

func (d *redriver) carry(ctx context.Context, b *block) *result {
	r := &result{block: b}
	var events []byte
	kept, record := int64(0), b.record
	for line := range bytes.Lines(b.data) {
		record++
		var l deadLetter
		if err := json.Unmarshal(line, &l); err != nil || l.Format != deadFormat || l.Kind != d.kind {
			r.err = fmt.Errorf("%s: line %d is no dead letter of a %s file", d.lines.job.In, record, d.kind)
			return r
		}
		if d.kind == Lines {
			r.err = d.lines.line(ctx, r, l.Raw, []byte{'\n'}, l.Offset, l.Record)
		} else {
			before := len(events)
			events, r.err = d.event(ctx, r, events, &l)
			if len(events) > before {
				kept++
			}
		}
		if r.err != nil {
			return r
		}
	}
	if kept > 0 {
		r.out = d.head.appendBlock(r.out, kept, events)
	}
	return r
}

// event carries an event of a container file.
func (d *redriver) event(ctx context.Context, r *result, events []byte, l *deadLetter) ([]byte, error) {
	w := &d.lines.worker
	route, err := w.routes.Version(ctx, l.Version)
	if err != nil {
		return events, err
	}
	if !route.Moves() {
		r.count(route.Version, Unchanged)
		return append(events, l.Raw...), nil
	}
	out, f, err := route.apply(ctx, events, nil, l.Raw, &w.scratch)
	switch {
	case err != nil:
		return events, w.failed(ctx, r, l.Raw, l.Record, route, nil, l.Raw, deadPlace{l.Offset, l.Stream, l.ID}, err)
	case f != nil && f.Code == plan.FailInput:
		return events, fmt.Errorf("the letter of record %d holds no event of version %d: %s", l.Record, l.Version, f.Reason)
	case f != nil:
		return events, w.ended(r, l.Raw, l.Record, route, f, deadPlace{l.Offset, l.Stream, l.ID})
	}
	if err := w.check(ctx, route, out[len(events):], schema.EncodingBinary); err != nil {
		return events, w.failed(ctx, r, l.Raw, l.Record, route, nil, l.Raw, deadPlace{l.Offset, l.Stream, l.ID}, err)
	}
	r.count(route.Version, Changed)
	return out, nil
}
