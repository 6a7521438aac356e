package fix

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Mark is the byte order mark that a text in UTF-8 may start with. The texts of a
// run are without it, and files keep theirs.
const Mark = "\uFEFF"

// Changed is a file that is not what it was when it was read.
type Changed struct{ File string }

func (e *Changed) Error() string {
	return e.File + " has changed since it was read; nothing was written, run the command again"
}

// Write puts the texts of a result into the files below a directory. Each is held
// to the text that was read before anything is written, and replaced by a rename,
// so that none is ever half written. Paths and links that lead out of the
// directory are refused.
func Write(dir string, r *Result) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the tree: %w", err)
	}
	defer func() { _ = root.Close() }()
	files, marks := slices.Sorted(maps.Keys(r.After)), map[string]bool{}
	for _, file := range files {
		now, err := root.ReadFile(filepath.FromSlash(file))
		if err != nil {
			return fmt.Errorf("read before the fix: %w", err)
		}
		if strings.TrimPrefix(string(now), Mark) != r.Before[file] {
			return &Changed{file}
		}
		marks[file] = strings.HasPrefix(string(now), Mark)
	}
	for _, file := range files {
		text := r.After[file]
		if marks[file] {
			text = Mark + text
		}
		if err := replace(root, filepath.FromSlash(file), text); err != nil {
			return fmt.Errorf("write the fix of %s: %w", file, err)
		}
	}
	return nil
}

// replace writes a file beside the old one and renames it.
func replace(root *os.Root, file, text string) (err error) {
	info, err := root.Stat(file)
	if err != nil {
		return err
	}
	beside := filepath.Join(filepath.Dir(file), ".evcheck-fix-"+filepath.Base(file))
	f, err := root.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode()&fs.ModePerm)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = root.Remove(beside)
		}
	}()
	if _, err = f.WriteString(text); err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return root.Rename(beside, file)
}
