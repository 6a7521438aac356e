package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
)

// output is a file that is not complete yet; it has another name until then.
type output struct {
	file  *os.File
	final string
	size  int64
	sum   hash.Hash // since the last flush
	since int64
}

func partName(path string) string { return path + ".part" }

func openOutput(path string, size int64) (*output, error) {
	f, err := os.OpenFile(partName(path), os.O_RDWR|os.O_CREATE, 0o644) //nolint:gosec // the user names the file
	if err == nil {
		if err = lock(f); err != nil {
			err = errors.Join(fmt.Errorf("%s: another run is at work on it: %w", partName(path), err), f.Close())
		}
	}
	if err != nil {
		return nil, err
	}
	return &output{file: f, final: path, size: size, sum: sha256.New()}, nil
}

func (o *output) write(b []byte) error {
	n, err := o.file.Write(b)
	o.size += int64(n)
	o.since += int64(n)
	o.sum.Write(b[:n])
	return err
}

// flush makes what was written durable and gives the sum of it.
func (o *output) flush() (string, error) {
	sum := hex.EncodeToString(o.sum.Sum(nil))
	o.sum.Reset()
	o.since = 0
	return sum, o.file.Sync()
}

func (o *output) close() error {
	if o == nil {
		return nil
	}
	return o.file.Close()
}

// rename gives a file its name, if that was not done before.
func rename(path string) error {
	err := os.Rename(partName(path), path)
	if errors.Is(err, os.ErrNotExist) {
		if _, there := os.Stat(path); there == nil {
			return nil
		}
	}
	if err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
