package source

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/instar-registry/instar/lint"
)

// MaxFileBytes is the size beyond which a file is not read. A schema is smaller;
// the bound on schemas is asked for after the content is known to be one.
const MaxFileBytes = 16 << 20

// objects reads objects of a repository through one "git cat-file --batch".
type objects struct {
	repo *Repository

	mu  sync.Mutex
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	bad error // why nothing more can be read
}

// read returns the content of a blob.
func (o *objects) read(ctx context.Context, id string) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bad != nil {
		return nil, o.bad
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.cmd == nil {
		if err := o.start(); err != nil {
			return nil, err
		}
	}
	process := o.cmd.Process
	stop := context.AfterFunc(ctx, func() { _ = process.Kill() }) // it may hang
	data, err := o.ask(id)
	if !stop() && ctx.Err() != nil {
		o.bad = ctx.Err()
		return nil, o.bad
	}
	if err != nil {
		if _, known := err.(*objectError); !known { //nolint:errorlint // never wrapped
			o.bad = err
		}
	}
	return data, err
}

func (o *objects) start() error {
	// The process outlives the context of the first reader; close ends it.
	c := o.repo.git.command(context.Background(), "cat-file", "--batch")
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return fmt.Errorf("git cat-file: %w", err)
	}
	o.cmd, o.in, o.out = c, in, bufio.NewReaderSize(out, 64<<10)
	return nil
}

// objectError is an object that is not there, or none that can be read.
type objectError struct {
	id, what string
	size     int64 // if it is too large
}

func (e *objectError) Error() string { return "object " + e.id + " " + e.what }

// ask writes an object name and reads the answer: a head line and, if the object
// is there, its bytes and a line end.
func (o *objects) ask(id string) ([]byte, error) {
	if _, err := io.WriteString(o.in, id+"\n"); err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	head, err := o.out.ReadString('\n')
	if errors.Is(err, io.EOF) && head == "" {
		// git before 2.44 tries to fetch an object that a partial clone lacks, which
		// it is not allowed to, and gives up.
		_ = o.in.Close()
		_ = o.cmd.Wait() // how it ended is said by the missing object
		o.cmd = nil
		return nil, &objectError{id: id, what: "is missing"}
	}
	if err != nil {
		return nil, fmt.Errorf("git cat-file ended early: %w", err)
	}
	parts := strings.Fields(head)
	if len(parts) != 3 {
		return nil, &objectError{id: id, what: "is missing"}
	}
	size, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || size < 0 {
		return nil, fmt.Errorf("git cat-file answers %q", head)
	}
	if size > MaxFileBytes || parts[1] != "blob" {
		if _, err := io.CopyN(io.Discard, o.out, size+1); err != nil {
			return nil, fmt.Errorf("git cat-file ended early: %w", err)
		}
		if parts[1] != "blob" {
			return nil, &objectError{id: id, what: "is a " + parts[1]}
		}
		return nil, &objectError{id: id, what: "is too large", size: size}
	}
	data := make([]byte, size+1)
	if _, err := io.ReadFull(o.out, data); err != nil {
		return nil, fmt.Errorf("git cat-file ended early: %w", err)
	}
	return data[:size], nil
}

func (o *objects) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bad = io.ErrClosedPipe
	if o.cmd == nil {
		return nil
	}
	_ = o.in.Close() // git ends when its input does
	err := o.cmd.Wait()
	o.cmd = nil
	return err
}

// content reads a blob and says what is wrong in terms of the file.
func (o *objects) content(ctx context.Context, path, id string) ([]byte, error) {
	data, err := o.read(ctx, id)
	missing, ok := err.(*objectError) //nolint:errorlint // never wrapped
	switch {
	case ok && missing.size > 0:
		return nil, tooLarge(path, missing.size)
	case ok:
		return nil, &lint.FileError{
			Path: path, What: missing.Error() + " from this clone", Fatal: true,
			Hint: "it is a partial clone or damaged: git fetch --refetch, or git cat-file -p " + id + " to fetch this one",
		}
	case err != nil:
		return nil, err
	}
	return data, nil
}

func tooLarge(path string, size int64) *lint.FileError {
	return &lint.FileError{Path: path, What: fmt.Sprintf("the file has %d bytes; at most %d are read", size, MaxFileBytes)}
}
