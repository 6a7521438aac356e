package api

import (
	"bytes"
	"encoding/json"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/jsonx"
)

// described is the document with everything a test asks of it.
type described struct {
	t        *testing.T
	root     map[string]any
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

const documentURL = "mem:///openapi.json"

func readDocument(t *testing.T) *described {
	t.Helper()
	v, err := OpenAPIValue()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(jsonx.Append(nil, v)))
	if err != nil {
		t.Fatal(err)
	}
	d := &described{t: t, root: doc.(map[string]any), compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(documentURL, doc); err != nil {
		t.Fatal(err)
	}
	return d
}

// at walks the document; a missing step gives nil.
func (d *described) at(path ...string) any {
	var v any = d.root
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

// follow replaces a reference by what it stands for.
func (d *described) follow(v any) map[string]any {
	d.t.Helper()
	m, _ := v.(map[string]any)
	ref, ok := m["$ref"].(string)
	if !ok {
		return m
	}
	target, ok := d.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...).(map[string]any)
	if !ok {
		d.t.Fatalf("%s stands for nothing", ref)
	}
	return target
}

// schema compiles the schema at a place of the document.
func (d *described) schema(path ...string) *jsonschema.Schema {
	d.t.Helper()
	pointer := ""
	for _, p := range path {
		pointer += "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(p))
	}
	if s := d.compiled[pointer]; s != nil {
		return s
	}
	s, err := d.compiler.Compile(documentURL + "#" + pointer)
	if err != nil {
		d.t.Fatalf("schema at %s: %v", pointer, err)
	}
	d.compiled[pointer] = s
	return s
}

func (d *described) validate(what string, s *jsonschema.Schema, body string) {
	d.t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		d.t.Errorf("%s: not JSON: %v: %s", what, err, body)
		return
	}
	if err := s.Validate(v); err != nil {
		d.t.Errorf("%s: %v\nin %s", what, err, body)
	}
}

// operations yields every operation of the document.
func (d *described) operations(yield func(path, method string, op map[string]any)) {
	for path, item := range d.root["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			yield(path, method, op.(map[string]any))
		}
	}
}

var classNames = map[auth.Class]string{auth.Free: "free", auth.List: "list", auth.Write: "write", auth.Expensive: "expensive"}

func TestDocumentHasEveryRoute(t *testing.T) {
	d := readDocument(t)
	routes := map[string]RouteInfo{}
	for _, r := range newServer(t, nil).Routes() {
		routes[r.Path+" "+strings.ToLower(r.Method)] = r
	}
	seen := map[string]bool{}
	d.operations(func(path, method string, op map[string]any) {
		key := path + " " + method
		r, ok := routes[key]
		delete(routes, key)
		if !ok {
			t.Errorf("%s is described but is no route", key)
			return
		}
		id, _ := op["operationId"].(string)
		if id == "" || seen[id] {
			t.Errorf("%s: operationId %q is missing or not unique", key, id)
		}
		seen[id] = true
		if role, _ := op["x-role"].(string); role != string(auth.RoleFor(r.Action)) {
			t.Errorf("%s: x-role is %q, the route's is %q", key, role, auth.RoleFor(r.Action))
		}
		if class, _ := op["x-rate-class"].(string); class != classNames[r.Class] {
			t.Errorf("%s: x-rate-class is %q, the route's is %q", key, class, classNames[r.Class])
		}
		if _, open := op["security"]; open != (r.Action&auth.Public != 0) {
			t.Errorf("%s: security does not fit the action %s", key, r.Action)
		}
		d.checkParameters(key, op, r)
	})
	for key := range routes {
		t.Errorf("%s is a route but is not described", key)
	}
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

func (d *described) checkParameters(key string, op map[string]any, r RouteInfo) {
	d.t.Helper()
	var query, path []string
	list, _ := op["parameters"].([]any)
	for _, p := range list {
		m := d.follow(p)
		name := m["name"].(string)
		switch m["in"] {
		case "query":
			query = append(query, name)
		case "path":
			path = append(path, name)
		}
	}
	want := slices.Clone(r.Query)
	slices.Sort(want)
	slices.Sort(query)
	if !slices.Equal(query, want) {
		d.t.Errorf("%s: query parameters %v, the route reads %v", key, query, want)
	}
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(r.Path, -1) {
		names = append(names, m[1])
	}
	if !slices.Equal(path, names) {
		d.t.Errorf("%s: path parameters %v, the path has %v", key, path, names)
	}
}

// TestExamplesFit holds every example against its schema and compiles every
// schema on the way.
func TestExamplesFit(t *testing.T) {
	d := readDocument(t)
	for name := range d.at("components", "schemas").(map[string]any) {
		d.schema("components", "schemas", name)
	}
	d.operations(func(path, method string, op map[string]any) {
		base := []string{"paths", path, method}
		if op["requestBody"] != nil {
			d.examples(append(slices.Clone(base), "requestBody", "content"))
		}
		good := false
		for status, response := range op["responses"].(map[string]any) {
			if strings.HasPrefix(status, "2") {
				good = true
			}
			if response.(map[string]any)["$ref"] != nil {
				d.follow(response)
				continue
			}
			if d.at(append(slices.Clone(base), "responses", status, "content")...) != nil {
				d.examples(append(slices.Clone(base), "responses", status, "content"))
			}
		}
		if !good {
			t.Errorf("%s %s: no answer without an error is described", method, path)
		}
	})
}

func (d *described) examples(content []string) {
	d.t.Helper()
	for kind, v := range d.at(content...).(map[string]any) {
		place := append(slices.Clone(content), kind, "schema")
		s := d.schema(place...)
		example, ok := v.(map[string]any)["example"]
		if status := content[len(content)-2]; !ok {
			if status[0] != '4' && status[0] != '5' {
				d.t.Errorf("%v: no example", content)
			}
			continue
		}
		text, err := json.Marshal(example)
		if err != nil {
			d.t.Fatal(err)
		}
		d.validate(strings.Join(place, " "), s, string(text))
	}
}

// route finds the described operation of a request path, escaped as it was sent.
func (d *described) route(method, path, base string) (string, map[string]any) {
	path, _, _ = strings.Cut(path, "?")
	path = strings.TrimPrefix(path, base)
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	if rest, ok := strings.CutPrefix(path, "/contexts/"); ok && strings.Contains(rest, "/") {
		_, rest, _ = strings.Cut(rest, "/")
		path = "/" + rest
	}
	if method == "HEAD" {
		method = "GET"
	}
	segments := strings.Split(path, "/")
	for template, item := range d.root["paths"].(map[string]any) {
		parts := strings.Split(template, "/")
		fits := len(parts) == len(segments)
		for i := 0; fits && i < len(parts); i++ {
			fits = parts[i] == segments[i] || strings.HasPrefix(parts[i], "{") && segments[i] != ""
		}
		if op, ok := item.(map[string]any)[strings.ToLower(method)].(map[string]any); fits && ok && literal(d, template, segments) {
			return template, op
		}
	}
	return "", nil
}

// literal prefers a template without placeholders over one that only happens to
// fit, as the router does.
func literal(d *described, template string, segments []string) bool {
	exact := strings.Join(segments, "/")
	return template == exact || d.root["paths"].(map[string]any)[exact] == nil
}

// TestTranscriptsFitTheDocument holds everything that the transcripts record
// against the document: the status of every answer must be described, its body
// must fit, and so must the body of every request that was taken.
func TestTranscriptsFitTheDocument(t *testing.T) {
	d := readDocument(t)
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	answered := map[string]bool{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		base := ""
		if _, rest, ok := strings.Cut(string(archive.Comment), "set: base-path="); ok {
			base, _, _ = strings.Cut(rest, "\n")
		}
		for i := 0; i+1 < len(archive.Files); i += 2 {
			what := filepath.Base(file) + ": " + archive.Files[i].Name
			d.checkExchange(what, base, string(archive.Files[i].Data), string(archive.Files[i+1].Data), answered)
		}
	}
	// What only live tests answer: secrets differ each time.
	skip := []string{"post /auth/tokens", "delete /auth/tokens/{name}", "post /auth/tokens/{name}/rotate", "post /import", "get /openapi.json", "get /openapi.yaml"}
	d.operations(func(path, method string, _ map[string]any) {
		if key := method + " " + path; !answered[key] && !slices.Contains(skip, key) {
			t.Errorf("no transcript shows a good answer of %s", key)
		}
	})
}

func (d *described) checkExchange(what, base, request, response string, answered map[string]bool) {
	d.t.Helper()
	head, sent, _ := strings.Cut(request, "\n\n")
	line, _, _ := strings.Cut(strings.TrimSpace(head), "\n")
	method, path, _ := strings.Cut(line, " ")
	head, body, _ := strings.Cut(response, "\n\n")
	status, headers, _ := strings.Cut(strings.TrimSpace(head), "\n")
	body = strings.TrimSuffix(body, "\n")
	kind := wire.TypeV1
	if _, rest, ok := strings.Cut("\n"+headers, "\nContent-Type: "); ok {
		kind, _, _ = strings.Cut(rest, "\n")
	}
	template, op := d.route(method, path, base)
	if op == nil || status == "304" || status == "405" || status == "414" || strings.Contains(headers, "Content-Encoding") {
		if body != "" && status[0] == '4' {
			d.validate(what, d.schema("components", "schemas", "Error"), body)
		}
		return
	}
	place := []string{"paths", template, strings.ToLower(method), "responses", status}
	if method == "HEAD" {
		place[2] = "get"
	}
	if d.at(place...) == nil {
		d.t.Errorf("%s: the answer %s of %s %s is not described: %s", what, status, method, template, body)
		return
	}
	if status[0] == '2' {
		answered[place[2]+" "+template] = true
		d.checkRequest(what, template, place[2], sent)
	}
	if body == "" {
		return
	}
	if status[0] != '2' && status != "503" || status == "503" && !strings.HasPrefix(template, "/readyz") {
		d.validate(what, d.schema("components", "schemas", "Error"), body)
		d.checkCode(what, d.follow(d.at(place...)), body)
		return
	}
	content, _ := d.at(append(place, "content")...).(map[string]any)
	if content[kind] == nil {
		switch kind { // the same bodies under their other names
		case wire.TypeInstar, wire.TypeJSON, wire.TypeUnversioned:
			kind = wire.TypeV1
		}
	}
	if content[kind] == nil {
		d.t.Errorf("%s: the type %s of %s %s is not described", what, kind, method, template)
		return
	}
	s := d.schema(append(place, "content", kind, "schema")...)
	switch {
	case strings.HasSuffix(template, "/schema"):
		return // the bare text may be in any language
	case kind == wire.TypeNDJSON:
		for l := range strings.Lines(body) {
			if strings.TrimSpace(l) != "" {
				d.validate(what, s, l)
			}
		}
	default:
		d.validate(what, s, body)
	}
}

// checkCode wants every error_code that occurs to be named where its status is
// described.
func (d *described) checkCode(what string, response map[string]any, body string) {
	d.t.Helper()
	var e wire.Error
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		d.t.Errorf("%s: %v", what, err)
		return
	}
	code := e.ErrorCode
	if code == wire.CodeIncompatible {
		code = wire.CodeConflict // described as one
	}
	if text, _ := response["description"].(string); !strings.Contains(text, strconv.Itoa(code)) {
		d.t.Errorf("%s: the error_code %d is not described, only: %s", what, e.ErrorCode, text)
	}
}

func (d *described) checkRequest(what, template, method, sent string) {
	d.t.Helper()
	place := []string{"paths", template, method, "requestBody", "content", wire.TypeV1, "schema"}
	if sent = strings.TrimSpace(sent); sent != "" && d.at(place...) != nil && sent[0] == '{' {
		d.validate(what+" (request)", d.schema(place...), sent)
	}
}

// TestTokenAnswersFitTheDocument covers the answers that hold secrets.
func TestTokenAnswersFitTheDocument(t *testing.T) {
	d, h := readDocument(t), openHouse(t, nil)
	for path, try := range map[string]func() (any, error){
		"/auth/tokens": func() (any, error) { return h.admin.CreateToken(bg, wire.TokenRequest{Name: "ci"}) },
	} {
		out, err := try()
		text, _ := json.Marshal(must(t, out, err))
		d.validate(path, d.schema("components", "schemas", "Token"), string(text))
	}
	out, err := h.admin.RotateToken(bg, "ci", 0, time.Minute)
	text, _ := json.Marshal(must(t, out, err))
	d.validate("rotate", d.schema("components", "schemas", "Token"), string(text))
}

func TestDocumentIsServed(t *testing.T) {
	s := newServer(t, nil)
	yaml, jsonText := s.send("GET /openapi.yaml"), s.send("GET /openapi.json")
	if yaml.status != 200 || yaml.header.Get("Content-Type") != "application/yaml" || yaml.body != string(OpenAPI) {
		t.Errorf("yaml: %d %v", yaml.status, yaml.header)
	}
	var root map[string]any
	if err := json.Unmarshal([]byte(jsonText.body), &root); err != nil || root["openapi"] != "3.1.0" || jsonText.header.Get("Content-Type") != "application/json" {
		t.Errorf("json: %d %v %v", jsonText.status, jsonText.header, err)
	}
	if again := s.send("GET /openapi.json\nIf-None-Match: " + jsonText.header.Get("Etag")); again.status != 304 || again.body != "" {
		t.Errorf("with the entity tag: %d", again.status)
	}
}
