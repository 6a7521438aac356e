package reproducer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

const (
	// maxFiles bounds the files of a folder, those of earlier runs included.
	maxFiles = 20
	// maxOpen bounds the files that are being written.
	maxOpen = 2
	// writeTime bounds what the making of one may take.
	writeTime = 30 * time.Second

	prefix, suffix = "50050-", ".json"
)

// Folder keeps cases: one for each plan and reason, and few. It is safe for concurrent
// use. A nil Folder keeps nothing.
type Folder struct {
	path, program string
	logger        *slog.Logger

	mu    sync.Mutex
	names map[string]bool // files there, and those that are being written
	open  int             // files that are being written
	idle  chan struct{}   // closed when none is any more
}

// NewFolder keeps cases at a path, which is made when the first one comes. program is
// the version that the files name.
func NewFolder(path, program string, logger *slog.Logger) *Folder {
	f := &Folder{path: path, program: program, logger: logger, names: map[string]bool{}}
	list, _ := filepath.Glob(filepath.Join(quoteGlob(path), prefix+"*"+suffix)) // none if it cannot be read; the pattern is good
	for _, name := range list {
		f.names[filepath.Base(name)] = true
	}
	return f
}

// quoteGlob is a path as a pattern that matches nothing else.
func quoteGlob(path string) string {
	return strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`).Replace(path)
}

// Path is where the cases are kept; empty if none is.
func (f *Folder) Path() string {
	if f == nil {
		return ""
	}
	return f.path
}

// Keep keeps the case that build makes, without the caller waiting for it. It gives
// the name of the file: the one of the same plan and reason, if there is one already,
// and none if nothing is kept. plan tells plans apart, such as by its hash.
func (f *Folder) Keep(plan, reason string, build func(context.Context) (*Case, error)) string {
	if f == nil {
		return ""
	}
	name := nameOf(plan, reason)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.names[name]:
		return name
	case len(f.names) >= maxFiles:
		f.logger.Warn("reproducer not kept", "folder", f.path, "err", fmt.Sprintf("the folder holds %d, which is the most; move them elsewhere", maxFiles))
		return ""
	case f.open >= maxOpen:
		f.logger.Warn("reproducer not kept", "folder", f.path, "err", fmt.Sprintf("%d are being written", f.open))
		return ""
	}
	f.names[name] = true
	if f.open++; f.open == 1 {
		f.idle = make(chan struct{})
	}
	go f.keep(name, reason, build)
	return name
}

// Wait waits until all that is to be kept is written, at most until ctx ends.
func (f *Folder) Wait(ctx context.Context) {
	if f == nil {
		return
	}
	f.mu.Lock()
	open, idle := f.open, f.idle
	f.mu.Unlock()
	if open == 0 {
		return
	}
	select {
	case <-idle:
	case <-ctx.Done():
	}
}

func (f *Folder) keep(name, reason string, build func(context.Context) (*Case, error)) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTime)
	defer cancel()
	err := f.make(ctx, name, reason, build)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		delete(f.names, name) // the next one may have more luck
		f.logger.Warn("reproducer not kept", "folder", f.path, "file", name, "err", err)
	}
	if f.open--; f.open == 0 {
		close(f.idle)
	}
}

// make makes a case and writes it. One bug must not become the end of the server.
func (f *Folder) make(ctx context.Context, name, reason string, build func(context.Context) (*Case, error)) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &schema.Bug{Where: "a reproducer", Cause: cause}
		}
	}()
	c, err := build(ctx)
	if err != nil {
		return err
	}
	c.Reason, c.Program = reason, f.program
	return Write(filepath.Join(f.path, name), c)
}

// Write writes a case to a file that only its user can read, and makes the folder.
// A file that is there is left as it is.
func Write(path string, c *Case) error {
	c.Format, c.Code, c.Prover, c.Time = Format, Code, upcast.ProverVersion, time.Now().UTC().Truncate(time.Second)
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if len(text) > MaxFile {
		return fmt.Errorf("it would have %d bytes, and %d are kept at most", len(text), MaxFile)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(part.Name()) //nolint:errcheck // of another name, if all went well
	if _, err = part.Write(append(text, '\n')); err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	if err := os.Link(part.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return os.Rename(part.Name(), path) // a file system without links
	}
	return nil
}

// nameOf is the name of the file for a plan and a reason.
func nameOf(plan, reason string) string {
	sum := sha256.Sum256([]byte(plan + "\x00" + varying.ReplaceAllString(reason, "_")))
	return prefix + hex.EncodeToString(sum[:8]) + suffix
}

// FileIn is where the case of a plan and a reason is written in a folder.
func FileIn(folder, plan, reason string) string { return filepath.Join(folder, nameOf(plan, reason)) }

// varying is what a reason says of one event: numbers and quoted texts.
var varying = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'[^']*'|-?[0-9][0-9.,eE+-]*`)

// Read reads a case.
func Read(path string) (*Case, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > MaxFile {
		return nil, fmt.Errorf("%s has %d bytes, more than the %d of a reproducer", path, info.Size(), MaxFile)
	}
	text, err := os.ReadFile(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	c := &Case{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("%s is no reproducer: %w", path, err)
	}
	if c.Format != Format {
		return nil, fmt.Errorf("%s is no reproducer: its format is %q, not %q", path, c.Format, Format)
	}
	return c, nil
}
