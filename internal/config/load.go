package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/knadh/koanf/v2"
)

// DefaultFile is read when no file is named and it exists.
const DefaultFile = "/etc/instar/registry.yaml"

// Input is what a configuration is made of.
type Input struct {
	// File is the configuration file that a flag names; empty means
	// INSTAR_CONFIG, else [DefaultFile] if it exists.
	File string
	// Flags holds the flags that were given, by key name.
	Flags map[string]string
	// Environ is the environment as os.Environ gives it.
	Environ []string
}

// Origin is where a value came from.
type Origin struct {
	Layer Layer
	// Name is the environment variable or the path of the file.
	Name string
	// Line and Column are the place in the configuration file.
	Line, Column int
}

// Layer is one of the four kinds of origin.
type Layer uint8

// The layers, weakest first.
const (
	FromDefault Layer = iota
	FromFile
	FromEnv
	FromFlag
)

// String renders the origin for "config print".
func (o Origin) String() string {
	switch o.Layer {
	case FromFile:
		return fmt.Sprintf("%s:%d", o.Name, o.Line)
	case FromEnv:
		return "env " + o.Name
	case FromFlag:
		return "flag"
	}
	return "default"
}

// place renders the origin at the start of a complaint.
func (o Origin) place(key string) string {
	switch {
	case o.Layer == FromFile && o.Line > 0:
		return fmt.Sprintf("%s:%d:%d", o.Name, o.Line, o.Column)
	case o.Layer == FromFile:
		return o.Name
	case o.Layer == FromEnv:
		return "environment variable " + o.Name
	case o.Layer == FromFlag && key != "":
		return "flag --" + key
	}
	return "configuration"
}

// Problem is one mistake in the configuration.
type Problem struct {
	Origin Origin
	Key    string // empty when the mistake is not about one key
	What   string // one sentence, with advice
}

// Error renders the place and the mistake on one line.
func (p Problem) Error() string { return p.Origin.place(p.Key) + ": " + p.What }

// Problems is every mistake of a configuration; it is never empty as an error.
type Problems []Problem

// Error renders one mistake per line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Loaded is a configuration in force.
type Loaded struct {
	Config
	// File is the configuration file that was read, or empty.
	File string
	// Warnings are things that work but should not stay.
	Warnings []string
	// Files are the files that the values came from, to be watched for changes.
	Files []string

	origins map[string]Origin
}

// layer is one source of values: a koanf instance of its own, so that the
// winner of each key can be told, and the place of every value in it.
type layer struct {
	values  *koanf.Koanf
	origins map[string]Origin
}

func newLayer() *layer {
	return &layer{values: koanf.New("."), origins: map[string]Origin{}}
}

// loader collects the layers and everything that is wrong with them.
type loader struct {
	in       Input
	problems Problems
	out      *Loaded
}

func (l *loader) problem(o Origin, key, format string, args ...any) {
	l.problems = append(l.problems, Problem{o, key, fmt.Sprintf(format, args...)})
}

func (l *loader) warn(format string, args ...any) {
	l.out.Warnings = append(l.out.Warnings, fmt.Sprintf(format, args...))
}

// Load reads all layers. The error is [Problems], all of them at once.
func Load(in Input) (*Loaded, error) {
	l := &loader{in: in, out: &Loaded{origins: map[string]Origin{}}}
	layers := []*layer{l.defaults(), l.file(), l.environment(), l.flags()}
	for i := range Keys() {
		k := &Keys()[i]
		for _, from := range layers {
			if from.values.Exists(k.Name) {
				k.set(&l.out.Config, from.values.Get(k.Name))
				l.out.origins[k.Name] = from.origins[k.Name]
			}
		}
	}
	l.check()
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	return l.out, nil
}

// Default returns the configuration without any file, environment or flag.
func Default() Config {
	l, err := Load(Input{File: os.DevNull})
	if err != nil {
		panic(err) // a test loads the defaults; they are constants of this package
	}
	return l.Config
}

// put converts one written value into a layer.
func (l *loader) put(to *layer, k *Key, text string, o Origin) {
	v, err := k.convert(text)
	if err == nil {
		err = to.values.Set(k.Name, v)
	}
	if err != nil {
		shown := fmt.Sprintf("%q ", text)
		if k.Secret {
			shown = ""
		}
		l.problem(o, k.Name, "%s: %s%v", k.Name, shown, err)
		return
	}
	to.origins[k.Name] = o
}

func (l *loader) defaults() *layer {
	out := newLayer()
	for i := range Keys() {
		l.put(out, &Keys()[i], Keys()[i].Default, Origin{})
	}
	return out
}

func (l *loader) flags() *layer {
	out := newLayer()
	for i := range Keys() {
		k := &Keys()[i]
		text, given := l.in.Flags[k.Name]
		if !given {
			continue
		}
		if k.Secret {
			l.problem(Origin{Layer: FromFlag}, k.Name, "a secret cannot be a flag, which every user of the machine can read; use %s or %s_FILE", k.Env(), k.Env())
			continue
		}
		l.put(out, k, text, Origin{Layer: FromFlag})
	}
	return out
}

// maxSecretFile bounds a file that holds one secret.
const maxSecretFile = 64 << 10

// readSmall reads a file up to a bound.
func readSmall(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("has more than %d bytes", limit)
	}
	return b, err
}

// checkMode warns of a file with secrets that everybody may read.
func (l *loader) checkMode(path string) {
	if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() && st.Mode().Perm()&0o004 != 0 {
		l.warn("%s holds a secret and every user of this machine can read it; run chmod o-r on it", path)
	}
}

// reason is the part of a file error that does not repeat the path.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func (l *loader) watch(path string) {
	if path != "" && path != os.DevNull {
		l.out.Files = append(l.out.Files, filepath.Clean(path))
	}
}
