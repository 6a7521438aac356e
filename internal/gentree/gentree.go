// Package gentree writes large trees of event schemas that look like those of a
// company: for benchmarks and for tests of what grows with the size of a tree.
// A tree is the same for the same numbers, on every machine.
//
// Only benchmarks and tests call it; it reads nothing and keeps nothing.
package gentree

import (
	"fmt"
	"strings"
)

// Tree says how large a tree is. A file of it belongs to a service, a service to
// a domain. It imports what every service shares, and a few files of its own
// service that stand before it.
type Tree struct {
	// Files is the number of files.
	Files int
	// Messages is the number of messages in a file; 9 give about 230 lines.
	Messages int
}

// perService is the number of files of one service.
const perService = 12

// shared is the number of files that every service may import.
const shared = 24

// Each calls back with every file of the tree, by its number.
func (t Tree) Each(write func(path, text string) error) error {
	for i := range t.Files {
		if err := write(t.Path(i), t.Text(i)); err != nil {
			return err
		}
	}
	return nil
}

// Path is where a file stands in the tree, which is also how it is imported.
func (t Tree) Path(i int) string {
	if i < shared {
		return fmt.Sprintf("acme/type/%s%d.proto", nouns[i%len(nouns)], i)
	}
	return fmt.Sprintf("%s/%s%d.proto", strings.ReplaceAll(t.pkg(i), ".", "/"), nouns[i%len(nouns)], i)
}

// Middle is a file that a few others of its service import.
func (t Tree) Middle() int {
	service := (t.Files/2 - shared) / perService
	return shared + service*perService + perService/2
}

func (t Tree) pkg(i int) string {
	if i < shared {
		return "acme.type"
	}
	service := (i - shared) / perService
	return fmt.Sprintf("acme.%s%d.%s.v1", domains[service%len(domains)], service/len(domains), verbs[service%len(verbs)])
}

// imports are the files that a file imports: two that all services share, and
// two of its own service.
func (t Tree) imports(i int) []int {
	if i < shared {
		return nil
	}
	out := []int{i % shared, (i * 7) % shared}
	first := shared + (i-shared)/perService*perService
	for _, k := range []int{i - 1, i - 3} {
		if k >= first {
			out = append(out, k)
		}
	}
	if out[0] == out[1] {
		out = out[1:]
	}
	return out
}

// Text is the text of a file.
func (t Tree) Text(i int) string {
	var b strings.Builder
	b.WriteString(licence)
	fmt.Fprintf(&b, "syntax = \"proto3\";\n\npackage %s;\n\nimport \"google/protobuf/timestamp.proto\";\n", t.pkg(i))
	for _, k := range t.imports(i) {
		fmt.Fprintf(&b, "import \"%s\";\n", t.Path(k))
	}
	fmt.Fprintf(&b, "\noption java_multiple_files = true;\noption java_package = \"com.example.%s\";\n\n", t.pkg(i))
	for m := range t.Messages {
		t.message(&b, i, m)
	}
	return b.String()
}

// name is the name of a message, which no other one of the tree has.
func name(i, m int) string {
	n := nouns[(i+m)%len(nouns)]
	return fmt.Sprintf("%s%s%dPart%d", strings.ToUpper(n[:1]), n[1:], i, m)
}

func (t Tree) message(b *strings.Builder, i, m int) {
	fmt.Fprintf(b, "// %s is what a %s tells about a %s: who did what to it, and when.\n// It is written once and never changed.\nmessage %s {\n",
		name(i, m), domains[m%len(domains)], nouns[(i+m)%len(nouns)], name(i, m))
	fmt.Fprintf(b, "  // State is how far the %s has come.\n  enum State {\n    STATE_UNSPECIFIED = 0;\n    STATE_OPEN = 1;\n    STATE_DONE = %d;\n  }\n", nouns[m%len(nouns)], 2+m)
	for n, kind := range []string{"string", "int64", "google.protobuf.Timestamp", "State", "repeated string", "bool"} {
		fmt.Fprintf(b, "  // The %s of the %s, as the service knew it when it wrote the event.\n  %s %s_%d = %d;\n", fields[n], nouns[(m+n)%len(nouns)], kind, fields[n], m, n+1)
	}
	if uses := t.imports(i); len(uses) > 0 {
		k := uses[m%len(uses)]
		fmt.Fprintf(b, "  %s.%s origin = 7;\n", t.pkg(k), name(k, m%t.Messages))
	}
	b.WriteString("}\n\n")
}

// Edit gives a text of a tree one more field, and takes the one that was last
// before it away: an edit that keeps data readable and a policy may refuse.
func Edit(text string) string {
	at := strings.Index(text, "  bool active_0 = 6;\n")
	if at < 0 {
		return text
	}
	return text[:at] + "  string region_0 = 8;\n" + text[at+len("  bool active_0 = 6;\n"):]
}

var (
	domains = []string{"orders", "billing", "catalog", "shipping", "identity", "search", "pricing", "support", "fraud", "loyalty", "media"}
	verbs   = []string{"events", "commands", "snapshots", "admin", "audit", "stream", "archive"}
	nouns   = []string{"order", "invoice", "parcel", "customer", "account", "payment", "voucher", "product", "warehouse", "session", "address", "contract", "review"}
	fields  = []string{"name", "revision", "created", "state", "labels", "active"}
)

const licence = `// Copyright the authors of this generated example.
//
// Licensed under the Apache License, Version 2.0 (the "License");
// you may not use this file except in compliance with the License.
// You may obtain a copy of the License at
//
//     http://www.apache.org/licenses/LICENSE-2.0
//
// Unless required by applicable law or agreed to in writing, software
// distributed under the License is distributed on an "AS IS" BASIS,
// WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.

`
