package sqlite

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// lockFile keeps a second server out for as long as the process lives; the
// operating system lets go of it even after kill -9. Its content says who holds
// it, and whether the last holder got to the end.
type lockFile struct {
	file    *os.File
	unclean bool // the last holder did not release it, and nobody has checked since
}

const stoppedCleanly = "stopped cleanly\n"

// errLocked: the lock is held by a living process.
var errLocked = errors.New("the database is locked")

func takeLock(path string) (*lockFile, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	before, err := lockAndReadFile(f)
	if errors.Is(err, errLocked) {
		err = fmt.Errorf("%w: another server is using it (%s); stop that one first, or open read-only: "+
			"two servers on one file would not see each other's changes", errLocked, strings.TrimSpace(before))
	}
	if err == nil {
		host, _ := os.Hostname() // for the reader of a refusal only
		err = writeOver(f, fmt.Sprintf("process %d on host %s\n", os.Getpid(), host))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &lockFile{file: f, unclean: before != "" && before != stoppedCleanly}, nil
}

func lockAndReadFile(f *os.File) (string, error) {
	locked := flock(f)
	content, err := io.ReadAll(io.LimitReader(f, 1024))
	if locked != nil {
		return string(content), locked
	}
	return string(content), err
}

func (l *lockFile) release(clean bool) error {
	var err error
	if clean && !l.unclean { // or a second start would not check again
		err = writeOver(l.file, stoppedCleanly)
	}
	return errors.Join(err, l.file.Close())
}

func writeOver(f *os.File, text string) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	if _, err := f.WriteAt([]byte(text), 0); err != nil {
		return err
	}
	return f.Sync()
}
