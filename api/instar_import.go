package api

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/archive"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

const (
	importBatch     = 500     // commands of one append
	importTextBytes = 8 << 20 // text of one append
	maxDifferences  = 1000    // reported
)

// importArchive takes an archive in: staged to disk, checked as a whole, held
// against the registry, and only then written.
func importArchive(x *request) error {
	i := &importer{x: x, places: map[string]int64{}, digest: sha256.New(), report: wire.ImportReport{DryRun: x.flag("dryRun"), Differences: []wire.ImportDifference{}}}
	if err := i.readQuery(); err != nil {
		return err
	}
	if err := i.stage(); err != nil {
		return err
	}
	defer i.discard()
	if err := i.check(); err != nil {
		return err
	}
	if err := x.api.service.Refresh(x.ctx); err != nil {
		return err
	}
	if err := i.pass(i.preview); err != nil {
		return err
	}
	if i.report.DryRun && i.summary.Counts.Upcasters > 0 {
		// What they say can only be proved where the versions are.
		i.rehearsal = x.api.service.Rehearse(i.staged)
	}
	if !i.report.DryRun || i.rehearsal != nil {
		i.report.Created, i.report.Skipped, i.report.Differences = 0, 0, []wire.ImportDifference{}
		if err := i.apply(); err != nil {
			return err
		}
	}
	return x.json(http.StatusOK, i.report)
}

// importer is one import.
type importer struct {
	x       *request
	file    *os.File
	digest  interface{ Sum([]byte) []byte }
	rename  map[string]string // contexts
	skip    bool              // onConflict=skip-identical
	summary *archive.Summary
	report  wire.ImportReport

	offset  int64             // of the line that a pass is at
	places  map[string]int64  // offsets of the texts by hash
	texts   map[string]string // read since the last append
	textSum int
	batch   []registry.Command
	lines   []int64 // line of each command
	last    int64

	rehearsal *registry.Rehearsal // of a dry run
}

func (i *importer) readQuery() error {
	x := i.x
	switch v := x.text("onConflict"); v {
	case "", "fail":
	case "skip-identical":
		i.skip = true
	default:
		return badRequest("The query parameter onConflict is %q; fail and skip-identical are known", clip(v, 40))
	}
	i.rename = map[string]string{}
	for _, list := range x.arg("contextMap").list {
		for pair := range strings.SplitSeq(list, ",") {
			from, to, ok := strings.Cut(pair, "=")
			if !ok {
				return badRequest("The query parameter contextMap is %q; it has the form a=b", clip(pair, 100))
			}
			source, err := readContext(from)
			if err != nil {
				return err
			}
			target, err := readContext(to)
			if err != nil {
				return err
			}
			i.rename[source] = target
		}
	}
	return nil
}

// name maps a context and subject of the archive to the registry.
func (i *importer) name(context, subject string) registry.Name {
	if to, ok := i.rename[context]; ok {
		context = to
	}
	return registry.Name{Context: context, Subject: subject}
}

// stage copies the body to disk within its bound.
func (i *importer) stage() error {
	x := i.x
	if kind, _, _ := strings.Cut(x.r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), wire.TypeNDJSON) {
		if err := consumes(x.r.Header["Content-Type"]); err != nil {
			return err
		}
	}
	most := x.api.opt.Instar.Archive.Bytes
	if x.r.ContentLength > most {
		return x.tooLarge(x.r.ContentLength, most)
	}
	f, err := os.CreateTemp(x.api.opt.Instar.ImportDir, "instar-import-*")
	if err != nil {
		return fmt.Errorf("stage an import: %w", err)
	}
	i.file = f
	sum := sha256.New()
	i.digest = sum
	n, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(&patient{x: x}, most+1))
	x.lastsLong() // the work on the archive has the time it takes
	x.bytesIn = n
	switch {
	case errors.Is(err, os.ErrClosed):
		return err
	case err != nil && x.ctx.Err() != nil:
		i.discard()
		return x.ctx.Err()
	case err != nil:
		i.discard()
		var disk *os.PathError
		if errors.As(err, &disk) {
			return registry.Fail(registry.DiskFull, "The archive cannot be staged on this node: %s", disk.Err)
		}
		return badRequest("The request body ended early or could not be read")
	case n > most:
		i.discard()
		return x.tooLarge(n, most)
	}
	return nil
}

// importPause is how long the sender of an archive may be silent.
const importPause = 30 * time.Second

// patient reads the body of an upload that may take hours as long as it goes on.
type patient struct{ x *request }

func (p *patient) Read(b []byte) (int, error) {
	// Not every connection has deadlines.
	_ = http.NewResponseController(&p.x.w).SetReadDeadline(time.Now().Add(importPause))
	return p.x.r.Body.Read(b)
}

func (i *importer) discard() {
	name := i.file.Name()
	_ = i.file.Close()
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		i.x.api.opt.Logger.Warn("staged import not removed", "request_id", i.x.id[0], "err", err)
	}
}

// check reads the whole archive and asks for the right to everything it names.
func (i *importer) check() error {
	if _, err := i.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read a staged import: %w", err)
	}
	s, err := archive.Check(i.file, i.x.api.opt.Instar.Archive)
	if err != nil {
		return archiveRefusal(err)
	}
	i.summary = s
	for _, n := range s.Scopes {
		if err := i.x.need(auth.Migrate, i.name(n.Context, n.Subject)); err != nil {
			return err
		}
	}
	r := &i.report
	r.Lines, r.Texts, r.Versions = s.Lines, s.Counts.Texts, s.Counts.Versions
	r.Upcasters = s.Counts.Upcasters
	r.Configs, r.Modes, r.Dangling = s.Counts.Configs, s.Counts.Modes, s.Dangling
	return nil
}

// archiveRefusal gives the mistakes of an archive their codes.
func archiveRefusal(err error) error {
	var line *archive.LineError
	var damage *archive.DamageError
	var limit *archive.LimitError
	switch {
	case errors.As(err, &line):
		return &registry.Error{Code: registry.BadImportLine, Message: "The archive cannot be imported: " + err.Error(), Cause: err}
	case errors.As(err, &damage):
		return &registry.Error{Code: registry.ImportDamaged, Message: "The archive cannot be imported: " + err.Error(), Cause: err}
	case errors.As(err, &limit):
		return &registry.Error{
			Code: registry.OverLimit, Message: err.Error(),
			Cause: schema.OverLimit(limit.Limit, limit.Found, limit.Max, "the archive is too large", schema.Position{}),
		}
	}
	return err
}

// pass reads the staged archive once more, line by line.
func (i *importer) pass(each func(number int64, l archive.Line) error) error {
	if _, err := i.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read a staged import: %w", err)
	}
	r, err := archive.NewReader(i.file, i.x.api.opt.Instar.Archive)
	if err != nil {
		return archiveRefusal(err)
	}
	i.texts, i.textSum = map[string]string{}, 0
	for {
		l, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return archiveRefusal(err)
		}
		if err := i.x.ctx.Err(); err != nil {
			return err
		}
		i.offset = r.Offset()
		if err := each(r.LineNumber(), l); err != nil {
			return err
		}
	}
}

// key makes a batch repeatable: the same archive, taken in again by the same
// principal, finds the outcome of what was written before.
func (i *importer) key(line int64) string {
	return fmt.Sprintf("import:%s:%d", hex.EncodeToString(i.digest.Sum(nil))[:40], line)
}
