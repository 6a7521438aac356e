package source

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/instar-registry/instar/lint"
)

// The bounds of an archive.
const (
	maxArchiveBytes   = 1 << 30
	maxArchiveEntries = 1_000_000
	maxArchiveRatio   = 100
)

// isArchive tells an archive by its name.
func isArchive(name string) bool {
	for _, end := range []string{".tar", ".tar.gz", ".tgz", ".zip"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// Archive returns the files of a tar, tar.gz or zip archive. Entries that lead
// out of it, links, and entries that unpack to far more than they take are
// refused, as is the archive with them.
func Archive(file, name string) (lint.Tree, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, &lint.InputError{What: file + " cannot be read: " + reason(err)}
	case !isArchive(file):
		return nil, &lint.InputError{What: file + " is no archive", Hint: "tar, tar.gz and zip are read"}
	case info.Size() > maxArchiveBytes:
		return nil, &lint.InputError{What: fmt.Sprintf("%s has %d bytes; at most %d are read", file, info.Size(), maxArchiveBytes)}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, &lint.InputError{What: file + " cannot be read: " + reason(err)}
	}
	texts := map[string]string{}
	if strings.HasSuffix(file, ".zip") {
		err = unzip(data, texts)
	} else {
		err = untar(data, !strings.HasSuffix(file, ".tar"), texts)
	}
	if err != nil {
		return nil, &lint.InputError{What: name + ": " + err.Error()}
	}
	return lint.NewMemoryTree(name, texts), nil
}

// admit judges the name of an entry.
func admit(name string, texts map[string]string) error {
	clean := path.Clean(name)
	switch {
	case path.IsAbs(name) || strings.Contains(name, "\\") || len(name) > 1 && name[1] == ':':
		return fmt.Errorf("the entry %q has an absolute name", name)
	case clean == ".." || strings.HasPrefix(clean, "../") || strings.Contains("/"+name+"/", "/../"):
		return fmt.Errorf("the entry %q leads out of the archive", name)
	case len(texts) >= maxArchiveEntries:
		return errors.New("the archive has more than a million entries")
	}
	return nil
}

func untar(data []byte, zipped bool, texts map[string]string) error {
	var r io.Reader = bytes.NewReader(data)
	if zipped {
		z, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		r = z
	}
	left := int64(len(data))*maxArchiveRatio + 1<<20
	limited := &io.LimitedReader{R: r, N: left}
	t := tar.NewReader(limited)
	for {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF) && limited.N > 0:
			return nil
		case limited.N <= 0:
			return fmt.Errorf("the archive unpacks to more than %d times its size", maxArchiveRatio)
		case err != nil:
			return err
		case h.Typeflag == tar.TypeDir || h.Typeflag == tar.TypeXGlobalHeader:
			continue
		case h.Typeflag != tar.TypeReg:
			return fmt.Errorf("the entry %q is a link or a device", h.Name)
		}
		if err := admit(h.Name, texts); err != nil {
			return err
		}
		if h.Size > MaxFileBytes {
			return fmt.Errorf("the entry %q has %d bytes; at most %d are read", h.Name, h.Size, MaxFileBytes)
		}
		body, err := io.ReadAll(t)
		switch {
		case limited.N <= 0:
			return fmt.Errorf("the archive unpacks to more than %d times its size", maxArchiveRatio)
		case err != nil:
			return err
		}
		texts[path.Clean(h.Name)] = string(body)
	}
}

func unzip(data []byte, texts map[string]string) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	left := int64(len(data))*maxArchiveRatio + 1<<20
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		if !f.Mode().IsRegular() {
			return fmt.Errorf("the entry %q is a link or a device", f.Name)
		}
		if err := admit(f.Name, texts); err != nil {
			return err
		}
		body, err := unzipOne(f, min(left, MaxFileBytes))
		if err != nil {
			return err
		}
		left -= int64(len(body))
		texts[path.Clean(f.Name)] = string(body)
	}
	return nil
}

// unzipOne reads an entry, never more than it may have.
func unzipOne(f *zip.File, most int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // read only
	body, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(body)) > most {
		return nil, fmt.Errorf("the entry %q is too large, or the archive unpacks to more than %d times its size", f.Name, maxArchiveRatio)
	}
	return body, err
}
