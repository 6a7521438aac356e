package api

import (
	_ "embed"
	"fmt"
	"net/http"
	"sync"

	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/internal/yamlx"
	"github.com/instar-registry/instar/schema"
)

// OpenAPI is the description of the whole surface, written by hand. Tests hold
// it against the routes and against recorded answers.
//
//go:embed openapi.yaml
var OpenAPI []byte

func documentRoutes(*API) []route {
	return []route{
		{method: http.MethodGet, path: "/openapi.yaml", action: auth.Public, class: auth.Free, always: true, handle: openAPIYAML},
		{method: http.MethodGet, path: "/openapi.json", action: auth.Public, class: auth.Free, always: true, handle: openAPIJSON},
	}
}

// document is a rendered form of the description.
type document struct {
	once sync.Once
	body *rendered
	err  error
}

var documentYAML, documentJSON document

func openAPIYAML(x *request) error {
	documentYAML.once.Do(func() { documentYAML.body = render(OpenAPI) })
	return x.sendDocument(&documentYAML, "application/yaml")
}

func openAPIJSON(x *request) error {
	documentJSON.once.Do(func() {
		root, err := OpenAPIValue()
		if err != nil {
			documentJSON.err = &schema.Bug{Where: "openapi.yaml", Cause: err}
			return
		}
		documentJSON.body = render(jsonx.Append(nil, root))
	})
	return x.sendDocument(&documentJSON, "application/json")
}

// sendDocument answers with a form of the description under its own type.
func (x *request) sendDocument(d *document, contentType string) error {
	if d.err != nil {
		return d.err
	}
	h := x.header()
	x.commonHeaders(revalidate)
	status, body := choose(h, x.r, d.body, mediaJSON, revalidate, http.StatusOK)
	if status == http.StatusOK {
		h.Set("Content-Type", contentType)
	}
	x.w.WriteHeader(status)
	if body != nil && x.r.Method != http.MethodHead {
		_, _ = x.w.Write(body) // a client that went away is no concern of ours
	}
	return nil
}

// OpenAPIValue returns the description as a JSON value.
func OpenAPIValue() (*jsonx.Value, error) {
	root, problems := yamlx.Parse(OpenAPI, yamlx.Limits{Bytes: 1 << 20, Depth: 64})
	if len(problems) > 0 {
		return nil, fmt.Errorf("%v", problems[0])
	}
	return jsonOf(root), nil
}

func jsonOf(n *yamlx.Node) *jsonx.Value {
	v := &jsonx.Value{Text: n.Text}
	switch n.Kind {
	case yamlx.Mapping:
		v.Kind = jsonx.Object
		for _, m := range n.Members {
			v.Members = append(v.Members, jsonx.Member{Key: m.Key, Value: jsonOf(m.Value)})
		}
	case yamlx.Sequence:
		v.Kind = jsonx.Array
		for _, item := range n.Items {
			v.Items = append(v.Items, jsonOf(item))
		}
	case yamlx.Bool:
		v.Kind, v.Bool = jsonx.Bool, n.Text == "true"
	case yamlx.Int, yamlx.Float:
		v.Kind = jsonx.Number
	case yamlx.Null:
		v.Kind = jsonx.Null
	default:
		v.Kind = jsonx.String
	}
	return v
}
