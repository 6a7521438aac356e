package oracle

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Files names the folders that hold test data.
type Files struct {
	// Repository is the root of this repository.
	Repository string
	// Corpora holds the complete histories; empty if they are not at hand, and
	// the extracts in the repository are read instead.
	Corpora string
}

// The committed test data.
const (
	suiteFile = "schema/jsonschema/testdata/suite.tar.gz"
	radarFile = "compat/testdata/radar/pairs.jsonl"
)

func (f Files) repository(name string) string {
	return filepath.Join(f.Repository, filepath.FromSlash(name))
}

// tarFiles reads a compressed archive whole.
func tarFiles(name string) (map[string]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	files := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, h.Name, err)
		}
		files[h.Name] = string(text)
	}
}

// jsonLines calls f for each value of a file of one JSON value a line, which
// may be compressed.
func jsonLines[T any](name string, f func(*T) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	var in io.Reader = bufio.NewReader(file)
	if filepath.Ext(name) == ".gz" {
		if in, err = gzip.NewReader(in); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for d := json.NewDecoder(in); ; {
		var x T
		if err := d.Decode(&x); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := f(&x); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}
