package security

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write licenses.md anew")

// maxDirect is the budget of modules that our programs and libraries import
// themselves. A module more is a party more to trust; raise it with a reason.
const maxDirect = 25

// module and pkg are what "go list" says.
type module struct {
	Path, Version, Dir string
	Main               bool
	Replace            *module
}

type pkg struct {
	ImportPath     string
	Standard       bool
	GoFiles        []string
	IgnoredGoFiles []string
	Imports        []string
	Module         *module
}

var (
	listMutex sync.Mutex
	lists     = map[string][]pkg{}
)

// packagesOf lists packages and all they are built from, as a release for the
// platform of the container image, so that the answer is the same everywhere.
func packagesOf(t *testing.T, pattern string) []pkg {
	t.Helper()
	listMutex.Lock()
	defer listMutex.Unlock()
	if l, ok := lists[pattern]; ok {
		return l
	}
	c := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,GoFiles,IgnoredGoFiles,Imports,Module", pattern) //nolint:noctx // ends by itself
	c.Dir = root
	c.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	out, err := c.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list %s: %v: %s", pattern, err, exit.Stderr)
		}
		t.Fatal(err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return lists[pattern]
		} else if err != nil {
			t.Fatal(err)
		}
		lists[pattern] = append(lists[pattern], p)
	}
}

// linked returns the modules of others that the programs contain, by path.
func linked(t *testing.T) []module {
	t.Helper()
	var out []module
	for _, p := range packagesOf(t, "./cmd/...") {
		if p.Module == nil || p.Module.Main || slices.ContainsFunc(out, func(m module) bool { return m.Path == p.Module.Path }) {
			continue
		}
		if p.Module.Replace != nil {
			t.Errorf("%s is replaced by %s; a release is built from what the module names", p.Module.Path, p.Module.Replace.Path)
		}
		out = append(out, *p.Module)
	}
	slices.SortFunc(out, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	if len(out) == 0 {
		t.Fatal("the programs contain no module")
	}
	return out
}

// versions maps the modules that our packages are built from to their versions.
func versions(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, p := range packagesOf(t, "./...") {
		if p.Module != nil {
			out[p.Module.Path] = p.Module.Version
		}
	}
	return out
}

// supports tells the packages of ours that only tests import.
func supports(path string) bool {
	return slices.ContainsFunc([]string{"/store/storetest", "/internal/pgtest", "/internal/nodetest", "/internal/hostile", "/chaos"}, func(s string) bool { return strings.HasSuffix(path, s) })
}

func TestDependencyBudget(t *testing.T) {
	owner := map[string]string{}
	list := packagesOf(t, "./...")
	for _, p := range list {
		if p.Module != nil && !p.Module.Main {
			owner[p.ImportPath] = p.Module.Path
		}
	}
	var direct []string
	for _, p := range list {
		if p.Module == nil || !p.Module.Main || supports(p.ImportPath) {
			continue
		}
		for _, i := range p.Imports {
			if m := owner[i]; m != "" && !slices.Contains(direct, m) {
				direct = append(direct, m)
			}
		}
	}
	slices.Sort(direct)
	if len(direct) > maxDirect {
		t.Errorf("%d modules are imported directly; the budget is %d:\n%s", len(direct), maxDirect, strings.Join(direct, "\n"))
	}
	if len(direct) < 5 {
		t.Errorf("only %d modules were found", len(direct))
	}
	t.Logf("%d of %d direct modules", len(direct), maxDirect)
}

// welcome are the licences that permit what ours does, without conditions on the
// whole of the program.
var welcome = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "public domain"}

// excused are licences that a module's files hold and that the part that we link
// is not under, with the reason.
var excused = []struct{ module, kind, reason string }{
	{"modernc.org/sqlite", "MPL-2.0", "its list of third parties covers its whole module graph; github.com/hashicorp/golang-lru is in that graph and not linked"},
}

// excuse returns the kinds that count for the module.
func excuse(path string, kinds []string) []string {
	return slices.DeleteFunc(kinds, func(k string) bool {
		for _, e := range excused {
			if e.module == path && e.kind == k {
				return true
			}
		}
		return false
	})
}

func TestLicenses(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Licences of what the programs contain\n\nWritten by `go test ./security -run TestLicenses -update` from the licence files of the modules that are linked into the programs for Linux. A module whose files hold several licences is under all of those listed, or under a choice of them.\n\n| Module | Version | Licence |\n|---|---|---|\n")
	for _, m := range linked(t) {
		if strings.HasPrefix(m.Path, "github.com/hashicorp/golang-lru") {
			t.Errorf("%s is linked now; its licence is no longer excused", m.Path)
		}
		kinds, err := licensesOf(m.Dir)
		if err != nil {
			t.Errorf("%s: %v", m.Path, err)
			continue
		}
		kinds = excuse(m.Path, kinds)
		for _, k := range kinds {
			if !slices.Contains(welcome, k) {
				t.Errorf("%s %s is under %s, which is not on the list of licences that we ship", m.Path, m.Version, k)
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", m.Path, m.Version, strings.Join(kinds, ", "))
	}
	if *update {
		if err := os.WriteFile("licenses.md", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	old, err := os.ReadFile("licenses.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(old) != b.String() {
		t.Errorf("licenses.md is not what the programs contain; run go test ./security -run TestLicenses -update and look at the difference:\n%s", difference(string(old), b.String()))
	}
}

// difference lists the lines that only one of two texts has.
func difference(old, now string) string {
	a, b := strings.Split(old, "\n"), strings.Split(now, "\n")
	var out []string
	for _, l := range a {
		if !slices.Contains(b, l) {
			out = append(out, "- "+l)
		}
	}
	for _, l := range b {
		if !slices.Contains(a, l) {
			out = append(out, "+ "+l)
		}
	}
	return strings.Join(out, "\n")
}

// licensesOf returns the kinds of licence in the licence files of a module.
func licensesOf(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var kinds []string
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		if e.IsDir() || !(strings.HasPrefix(name, "license") || strings.HasPrefix(name, "licence") || strings.HasPrefix(name, "copying")) {
			continue
		}
		if name == "license-logo" { // of a picture in the module's description
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		found := kindsIn(string(b))
		if len(found) == 0 {
			return nil, fmt.Errorf("the licence in %s is of no known kind", e.Name())
		}
		kinds = append(kinds, found...)
	}
	if len(kinds) == 0 {
		return nil, errors.New("the module has no licence file")
	}
	slices.Sort(kinds)
	return slices.Compact(kinds), nil
}

// kindsIn recognises licences by sentences that belong to one of them alone.
func kindsIn(text string) []string {
	text = strings.ToLower(strings.Join(strings.Fields(strings.NewReplacer(">", " ", "*", " ", "//", " ", "\"", "").Replace(text)), " "))
	has := func(s string) bool { return strings.Contains(text, s) }
	mozilla := has("mozilla public license version 2.0") || has("mozilla public license, version 2.0") // its text speaks of the GNU licences
	var out []string
	for _, k := range []struct {
		kind  string
		found bool
	}{
		{"AGPL", !mozilla && has("gnu affero general public license")},
		{"GPL", !mozilla && has("gnu general public license")},
		{"LGPL", !mozilla && (has("gnu lesser general public license") || has("gnu library general public license"))},
		{"MPL-2.0", mozilla},
		{"EPL", has("eclipse public license")},
		{"BUSL", has("business source license")},
		{"SSPL", has("server side public license")},
		{"CC", has("creative commons")},
		{"Apache-2.0", has("apache license") && has("version 2.0")},
		{"MIT", has("permission is hereby granted, free of charge, to any person obtaining")},
		{"ISC", has("permission to use, copy, modify, and/or distribute this software for any purpose with or without fee")},
		{"BSD-3-Clause", has("redistribution and use in source and binary forms") && has("endorse or promote")},
		{"BSD-2-Clause", has("redistribution and use in source and binary forms") && !has("endorse or promote")},
		{"public domain", has("public domain")},
	} {
		if k.found {
			out = append(out, k.kind)
		}
	}
	return out
}

// TestKindsAreTold shows that a licence that is not welcome is noticed.
func TestKindsAreTold(t *testing.T) {
	for text, want := range map[string]string{
		"GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007":                         "GPL",
		"the GNU Lesser\nGeneral Public License":                                       "LGPL",
		"Mozilla Public License Version 2.0":                                           "MPL-2.0",
		"Business Source License 1.1":                                                  "BUSL",
		"Permission is hereby granted, free of charge, to any person obtaining a copy": "MIT",
		"Apache License\n   Version 2.0, January 2004":                                 "Apache-2.0",
		"Redistribution and use in source and binary forms":                            "BSD-2-Clause",
		"All rights reserved.":                                                         "",
	} {
		if got := strings.Join(kindsIn(text), ","); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
