package lint

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// The places of pinned references, beside the configuration.
const (
	LockFile = "evcheck.lock"
	LockDir  = ".evcheck"
	RefsDir  = LockDir + "/refs"
)

// LockFormat names the form of lock files.
const LockFormat = "evcheck-lock/v1"

// Lock is what the references of the configuration, and those that they refer to
// themselves, were when they were read from a registry.
type Lock struct {
	Instar     string            `json:"instar"`
	References []LockedReference `json:"references"`
}

// LockedReference is a copy of a registered version.
type LockedReference struct {
	// Name is what schemas refer to it by.
	Name     string `json:"name"`
	Subject  string `json:"subject"`
	Version  int    `json:"version"`
	Registry string `json:"registry,omitempty"`
	Type     string `json:"type"`
	// File is relative to the lock file, SHA256 that of its content.
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// Hash is the content of a text as lock files name it.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// ReadLock reads a lock file.
func ReadLock(file string, text []byte) (*Lock, error) {
	var out Lock
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		return nil, &InputError{What: file + " cannot be read: " + err.Error(), Hint: "write it anew: evcheck pull --refs"}
	}
	if out.Instar != LockFormat {
		return nil, &InputError{What: fmt.Sprintf("%s is no lock file of this program: instar is %q", file, out.Instar), Hint: "write it anew: evcheck pull --refs"}
	}
	return &out, nil
}

// JSON is the lock as a file.
func (l *Lock) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(l, "", "  ")
	return append(text, '\n'), err
}

// LockOf is the path of a configuration's lock file.
func LockOf(c *Config) string { return path.Join(path.Dir(c.File), LockFile) }

// lock reads the lock file of a side once; nil if there is none.
func (s *side) lock(ctx context.Context) (*Lock, error) {
	if len(s.config.References) == 0 {
		return nil, nil //nolint:nilnil // documented
	}
	file := LockOf(s.config)
	s.mu.Lock()
	known := s.locked
	s.mu.Unlock()
	if known != nil || s.files[file] == nil {
		return known, nil
	}
	body, err := s.tree.Read(ctx, file)
	var bad *FileError
	if errors.As(err, &bad) {
		return nil, &InputError{What: bad.Error()}
	}
	if err != nil {
		return nil, err
	}
	out, err := ReadLock(file, body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locked = out
	return out, nil
}

// pin returns the copy that a use means by one of its names, and the file that
// has it; nil if there is none.
func (s *side) pin(ctx context.Context, names ...string) (*LockedReference, string, error) {
	l, err := s.lock(ctx)
	if l == nil {
		return nil, "", err
	}
	for i := range l.References {
		r := &l.References[i]
		for _, name := range names {
			if r.Name != name || name == "" {
				continue
			}
			file, err := s.copyOf(ctx, r)
			return r, file, err
		}
	}
	return nil, "", nil
}

// copyOf is the file of a copy, which is held to its hash.
func (s *side) copyOf(ctx context.Context, r *LockedReference) (string, error) {
	file := path.Join(path.Dir(s.config.File), r.File)
	t, err := s.text(ctx, file)
	if err != nil {
		return "", err
	}
	if t.err != nil || Hash(t.body) != r.SHA256 {
		return "", &InputError{What: fmt.Sprintf("%s is not version %d of %s as %s has it", file, r.Version, r.Subject, LockOf(s.config)), Hint: "bring it back: evcheck pull --refs"}
	}
	return file, nil
}

// pinnedBy returns the copy that a file is; nil if it is none.
func (s *side) pinnedBy(ctx context.Context, file string) (*LockedReference, error) {
	l, err := s.lock(ctx)
	if l == nil || !inLockDir(file) {
		return nil, err
	}
	for i := range l.References {
		if path.Join(path.Dir(s.config.File), l.References[i].File) == file {
			return &l.References[i], nil
		}
	}
	return nil, nil //nolint:nilnil // documented
}

// ManifestFile is the file that says what a directory holds that was pulled from
// a registry.
const ManifestFile = "instar.pull.json"

// inLockDir tells the files that are pinned copies.
func inLockDir(file string) bool {
	return strings.HasPrefix(file, LockDir+"/") || strings.Contains(file, "/"+LockDir+"/")
}

// foreign tells the files that are copies of what a registry has, pinned or
// pulled into a directory of their own: they are no subjects of the tree.
func (s *side) foreign(file string) bool {
	return inLockDir(file) || slices.ContainsFunc(s.pulled, func(dir string) bool { return strings.HasPrefix(file, dir) })
}

// pulledDirs are the directories below the root that have a manifest.
func pulledDirs(files []File) []string {
	var out []string
	for _, f := range files {
		if dir, ok := strings.CutSuffix(f.Path, "/"+ManifestFile); ok {
			out = append(out, dir+"/")
		}
	}
	return out
}

// checkLock holds the lock of the head to the references of the configuration.
func (s *side) checkLock(ctx context.Context) error {
	l, err := s.lock(ctx)
	if err != nil {
		return err
	}
	for _, r := range s.config.References {
		found := false
		for i := 0; l != nil && i < len(l.References); i++ {
			x := &l.References[i]
			found = found || x.Name == r.Name && x.Subject == r.Subject && x.Version == r.Version && x.Registry == r.Registry
		}
		if !found {
			return &InputError{
				What: fmt.Sprintf("%s does not have the reference %s, version %d of %s (%s:%d)", LockOf(s.config), r.Name, r.Version, r.Subject, s.config.File, r.Place.Line),
				Hint: "read it: evcheck pull --refs",
			}
		}
	}
	for i := 0; l != nil && i < len(l.References); i++ {
		if _, err := s.copyOf(ctx, &l.References[i]); err != nil {
			return err
		}
	}
	return nil
}

// lockChanges adds the names of the copies that are not what they were in a base.
func (s *side) lockChanges(ctx context.Context, base *side, names map[string]bool) error {
	now, err := s.lock(ctx)
	if now == nil {
		return err
	}
	was, err := base.lock(ctx)
	if err != nil {
		return err
	}
	for _, r := range now.References {
		if was == nil || !slices.Contains(was.References, r) {
			names[r.Name] = true
		}
	}
	return nil
}
