package api

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
)

var update = flag.Bool("update", false, "write what the server answers into the transcripts")

// TestTranscripts plays testdata/*.txtar: pairs of a request and the answer it
// must get, in order, against one registry. Every GET is sent twice, so that the
// fast lane and the ordinary lane are held to the same answer.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { playTranscript(t, file) })
	}
}

func playTranscript(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, func(ro *registry.Options, ao *Options) { setOptions(t, string(archive.Comment), ro, ao) })
	s.noted = func(c *carrier, in []byte, out *wire.Upcast) { replayed(t, c, in, out) }
	changed, plans := false, &seenPlans{}
	for i := 0; i < len(archive.Files); i++ {
		f := &archive.Files[i]
		name, ok := strings.CutPrefix(f.Name, "request: ")
		if !ok {
			t.Fatalf("%s: section %q is not a request", file, f.Name)
		}
		request := plans.fill(string(f.Data))
		got := plans.hide(show(s.send(request)))
		if strings.HasPrefix(request, "GET ") {
			if again := plans.hide(show(s.send(request))); again != got {
				t.Errorf("%s: the second answer differs:\n%s\nfrom the first:\n%s", name, again, got)
			}
		}
		if i+1 >= len(archive.Files) || archive.Files[i+1].Name != "response" {
			archive.Files = slices.Insert(archive.Files, i+1, txtar.File{Name: "response"})
		}
		i++
		if want := string(archive.Files[i].Data); want != got {
			if !*update {
				t.Errorf("%s:\n%s\ngot:\n%s\nwant:\n%s", name, f.Data, got, want)
			}
			archive.Files[i].Data = []byte(got)
			changed = true
		}
	}
	if changed && *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// seenPlans hides from a transcript what the prover and the fuser make of a plan, so
// that it shows what the routes do: the hash of the first plan is PLAN, in requests
// too, that of any other ANOTHER, and its trees are left out.
type seenPlans struct{ first string }

var planHash = regexp.MustCompile(`("plan":|"instar\.plan":|"hash":|Etag: )"(sha256:[0-9a-f]{64})"`)

func (p *seenPlans) fill(request string) string {
	return strings.ReplaceAll(request, "PLAN", p.first)
}

func (p *seenPlans) hide(answer string) string {
	whole := strings.Contains(answer, `"instar":"plan/v1"`) || strings.HasPrefix(answer, "304")
	verdict := strings.Contains(answer, `"plan":{`) // a document on trial: its plan is not remembered
	answer = planHash.ReplaceAllStringFunc(answer, func(found string) string {
		at := strings.Index(found, "sha256:")
		hash := found[at : len(found)-1]
		if !whole && (found[:at] == `"hash":"` || strings.HasPrefix(found, "Etag")) {
			return found // of a document
		}
		if verdict {
			return found[:at] + `PROVED"`
		}
		if p.first == "" {
			p.first = hash
		}
		if hash == p.first {
			return found[:at] + `PLAN"`
		}
		return found[:at] + `ANOTHER"`
	})
	if !whole {
		return answer
	}
	lines := strings.Split(answer, "\n")
	for i, line := range lines {
		var body map[string]json.RawMessage
		if json.Unmarshal([]byte(line), &body) != nil {
			continue
		}
		if plan := string(body["plan"]); strings.HasPrefix(plan, "{") { // of a verdict
			lines[i] = strings.Replace(line, plan, withoutTrees(plan), 1)
		} else {
			lines[i] = withoutTrees(line)
		}
	}
	return strings.Join(lines, "\n")
}

// withoutTrees is a plan without what it does.
func withoutTrees(plan string) string {
	var body map[string]json.RawMessage
	if json.Unmarshal([]byte(plan), &body) != nil {
		return plan
	}
	for _, trees := range []string{"functions", "nodes", "segments", "slots", "stepwise", "types"} {
		body[trees] = []byte("[]")
	}
	short, _ := json.Marshal(body) // it was read a moment ago
	return string(short)
}

// setOptions reads lines "set: key=value" of a transcript's head.
func setOptions(t *testing.T, comment string, ro *registry.Options, ao *Options) {
	t.Helper()
	for _, line := range strings.Split(comment, "\n") {
		setting, ok := strings.CutPrefix(line, "set: ")
		if !ok {
			continue
		}
		key, value, _ := strings.Cut(setting, "=")
		number, _ := strconv.Atoi(value)
		switch key {
		case "incompatible-code":
			ao.IncompatibleCode = number
		case "legacy-bodies":
			ao.LegacyBodies = value == "true"
		case "reported-version":
			ao.ReportedVersion = value
		case "page.schemas":
			ao.SchemasPage = number
		case "base-path":
			ao.BasePath = value
		case "policy":
			ro.Settings.Policy = value
		case "mode-mutability":
			ro.Settings.ModeMutable = value == "true"
		case "reject-empty-subject":
			ro.Settings.RejectEmptySubject = value == "true"
		default:
			t.Fatalf("the transcript sets %q, which the runner does not know", key)
		}
	}
}

// constant are headers that TestHeaders holds every answer to; transcripts leave
// them out.
var constant = []string{"Content-Length", "Vary", "X-Content-Type-Options", "X-Request-Id", "Date"}

func show(a answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", a.status)
	var names []string
	for name := range a.header {
		if slices.Contains(constant, name) || name == "Content-Type" && a.header.Get(name) == "application/vnd.schemaregistry.v1+json" {
			continue
		}
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(a.header[name], " | "))
	}
	if a.body != "" {
		b.WriteString("\n" + a.body + "\n")
	}
	return b.String()
}

var _ http.Handler = (*API)(nil)
