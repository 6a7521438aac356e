package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/report"
)

// output is one format and where it goes; no file is standard output.
type output struct{ format, file string }

// parseOutputs reads the values of --output.
func parseOutputs(values []string) ([]output, error) {
	if len(values) == 0 {
		return []output{{format: "text"}}, nil
	}
	var out []output
	taken := map[string]string{}
	for _, v := range values {
		format, file, _ := strings.Cut(v, "=")
		if !report.Known(format) {
			return nil, unknownName("output format", format, report.Formats(), "one of "+strings.Join(report.Formats(), ", "))
		}
		if other, again := taken[file]; again {
			where := "standard output"
			if file != "" {
				where = file
			}
			return nil, &lint.InputError{What: other + " and " + format + " would both be written to " + where, Hint: "write one into a file: --output " + format + "=FILE"}
		}
		taken[file] = format
		out = append(out, output{format, file})
	}
	return out, nil
}

// write prints the report in the formats that were asked for. A file is there
// wholly or not at all.
func (a *app) write(r *lint.Report, outputs []output, f *checkFlags) error {
	for _, o := range outputs {
		options := report.Options{Notes: f.notes, Color: o.file == "" && a.colour(f.color), MaxBytes: f.reportBytes}
		if o.file == "" {
			if err := report.Write(a.stdout, o.format, r, options); err != nil {
				return err
			}
			continue
		}
		var body bytes.Buffer
		if err := report.Write(&body, o.format, r, options); err != nil {
			return err
		}
		file := o.file
		if !filepath.IsAbs(file) {
			file = filepath.Join(a.dir, file)
		}
		if err := replaceFile(file, body.Bytes()); err != nil {
			return &lint.InputError{What: "the report " + o.file + " cannot be written: " + reason(err)}
		}
	}
	return nil
}

// replaceFile writes a file by giving a finished one its name.
func replaceFile(file string, body []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".evcheck-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone after the rename
	mode := os.FileMode(0o644)
	if info, err := os.Stat(file); err == nil {
		mode = info.Mode().Perm()
	}
	if _, err = tmp.Write(body); err == nil {
		err = tmp.Chmod(mode)
	}
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}

// colours are the values of --color.
var colours = []string{"auto", "always", "never"}

// colour decides whether text has colours: as asked for, else on a terminal
// whose user did not set NO_COLOR.
func (a *app) colour(asked string) bool {
	switch asked {
	case "always":
		return true
	case "never":
		return false
	}
	return a.env("NO_COLOR") == "" && a.env("TERM") != "dumb" && isTerminal(a.stdout)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func checkColour(value string) error {
	if slices.Contains(colours, value) {
		return nil
	}
	return unknownName("value of --color", value, colours, "one of "+strings.Join(colours, ", "))
}
