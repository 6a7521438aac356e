package source

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
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
	git *Git

	mu  sync.Mutex
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	bad error // why nothing more can be read
}

// object is what git answers of one.
type object struct {
	id, kind string
	size     int64
	data     []byte // of a blob or tree that is not too large
}

// exchange asks for an object, by its id or another name. Where git does not have
// it the error is an [objectError].
func (o *objects) exchange(ctx context.Context, name string) (object, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bad != nil {
		return object{}, o.bad
	}
	if err := ctx.Err(); err != nil {
		return object{}, err
	}
	if o.cmd == nil {
		if err := o.start(); err != nil {
			return object{}, err
		}
	}
	process := o.cmd.Process
	stop := context.AfterFunc(ctx, func() { _ = process.Kill() }) // it may hang
	got, err := o.ask(name)
	if !stop() && ctx.Err() != nil {
		o.bad = ctx.Err()
		return object{}, o.bad
	}
	if err != nil {
		if _, known := err.(*objectError); !known { //nolint:errorlint // never wrapped
			o.bad = err
		}
	}
	return got, err
}

// read returns the content of a blob.
func (o *objects) read(ctx context.Context, id string) ([]byte, error) {
	got, err := o.exchange(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case got.kind != "blob":
		return nil, &objectError{id: id, what: "is a " + got.kind}
	case got.size > MaxFileBytes:
		return nil, &objectError{id: id, what: "is too large", size: got.size}
	}
	return got.data, nil
}

func (o *objects) start() error {
	// The process outlives the context of the first reader; close ends it.
	c := o.git.command(context.Background(), "cat-file", "--batch")
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
func (o *objects) ask(name string) (object, error) {
	if _, err := io.WriteString(o.in, name+"\n"); err != nil {
		return object{}, fmt.Errorf("git cat-file: %w", err)
	}
	head, err := o.out.ReadString('\n')
	if errors.Is(err, io.EOF) && head == "" {
		// git before 2.44 tries to fetch an object that a partial clone lacks, which
		// it is not allowed to, and gives up.
		_ = o.in.Close()
		_ = o.cmd.Wait() // how it ended is said by the missing object
		o.cmd = nil
		return object{}, &objectError{id: name, what: "is missing"}
	}
	if err != nil {
		return object{}, fmt.Errorf("git cat-file ended early: %w", err)
	}
	parts := strings.Fields(head)
	if len(parts) != 3 {
		return object{}, &objectError{id: name, what: "is missing"}
	}
	got := object{id: parts[0], kind: parts[1]}
	if got.size, err = strconv.ParseInt(parts[2], 10, 64); err != nil || got.size < 0 || got.size == math.MaxInt64 {
		return object{}, fmt.Errorf("git cat-file answers %q", head)
	}
	if got.size > MaxFileBytes || got.kind != "blob" && got.kind != "tree" {
		if _, err := io.CopyN(io.Discard, o.out, got.size+1); err != nil {
			return object{}, fmt.Errorf("git cat-file ended early: %w", err)
		}
		return got, nil
	}
	data := make([]byte, got.size+1)
	if _, err := io.ReadFull(o.out, data); err != nil {
		return object{}, fmt.Errorf("git cat-file ended early: %w", err)
	}
	got.data = data[:got.size]
	return got, nil
}

// stop ends the process; what is read afterwards starts another.
func (o *objects) stop() error {
	o.mu.Lock()
	defer o.mu.Unlock()
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
