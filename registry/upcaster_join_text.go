package registry

import (
	"slices"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast"
)

// joint is a document that is made of several, one after the other.
type joint struct {
	steps, down, assume, context []*jsonx.Value
	// names are those of the context inputs, one each.
	names []string
	// once are keys that the documents have to agree on.
	once map[string]*jsonx.Value
	// ways are the ways back that the documents name.
	ways []upcast.DownKind
}

// concatenated writes the steps of documents one after the other, and explicit
// steps back in the reverse order; why says what stands against it. Tests are of
// one hop each and are left out.
func concatenated(docs []*upcast.Document, from, to int) (text, why string) {
	j := &joint{once: map[string]*jsonx.Value{}}
	for _, doc := range docs {
		root, err := jsonx.Parse(doc.Canonical(), jsonx.Limits{})
		if err != nil {
			return "", err.Error()
		}
		if doc.Parks() {
			return "", "a document parks values beside events, which it alone puts back"
		}
		j.ways = append(j.ways, doc.Down)
		for i := range root.Members {
			if why := j.add(&root.Members[i]); why != "" {
				return "", why
			}
		}
	}
	return j.write(from, to)
}

// add takes over one key of a document.
func (j *joint) add(m *jsonx.Member) (why string) {
	switch m.Key {
	case "instar", "subject", "from", "to", "doc", "tests":
	case "steps":
		j.steps = append(j.steps, m.Value.Items...)
	case "down":
		// The newer hop is undone first.
		j.down = append(slices.Clone(m.Value.Items), j.down...)
	case "assume":
		for _, a := range m.Value.Items {
			if !slices.ContainsFunc(j.assume, func(o *jsonx.Value) bool { return o.Text == a.Text }) {
				j.assume = append(j.assume, a)
			}
		}
	case "context":
		for _, input := range m.Value.Members {
			i := slices.Index(j.names, input.Key)
			if i >= 0 && !sameText(j.context[i], input.Value) {
				return "both documents have a context input " + input.Key + ", and they differ"
			}
			if i < 0 {
				j.names, j.context = append(j.names, input.Key), append(j.context, input.Value)
			}
		}
	default:
		if other := j.once[m.Key]; other != nil && !sameText(other, m.Value) {
			return "the documents differ in " + m.Key
		}
		j.once[m.Key] = m.Value
	}
	return ""
}

func sameText(a, b *jsonx.Value) bool {
	return string(jsonx.Append(nil, a)) == string(jsonx.Append(nil, b))
}

// write gives the document. Its keys are in the order of the canonical form.
func (j *joint) write(from, to int) (text, why string) {
	number := func(n int) *jsonx.Value { return &jsonx.Value{Kind: jsonx.Number, Text: strconv.Itoa(n)} }
	word := func(s string) *jsonx.Value { return &jsonx.Value{Kind: jsonx.String, Text: s} }
	list := func(items []*jsonx.Value) *jsonx.Value { return &jsonx.Value{Kind: jsonx.Array, Items: items} }
	members := []jsonx.Member{
		{Key: "instar", Value: word(upcast.Format)},
		{Key: "from", Value: number(from)},
		{Key: "to", Value: number(to)},
		{Key: "steps", Value: list(j.steps)},
	}
	explicit, derived := slices.Contains(j.ways, upcast.DownExplicit), slices.Contains(j.ways, upcast.DownDerived)
	switch {
	case slices.Contains(j.ways, upcast.DownNone):
		members = append(members, jsonx.Member{Key: "down", Value: word("none")})
	case explicit && derived:
		return "", "one document says how to go back, and the other leaves it to its steps"
	case explicit:
		members = append(members, jsonx.Member{Key: "down", Value: list(j.down)})
	}
	if len(j.assume) > 0 {
		members = append(members, jsonx.Member{Key: "assume", Value: list(j.assume)})
	}
	if len(j.context) > 0 {
		inputs := &jsonx.Value{Kind: jsonx.Object}
		for i, name := range j.names {
			inputs.Members = append(inputs.Members, jsonx.Member{Key: name, Value: j.context[i]})
		}
		members = append(members, jsonx.Member{Key: "context", Value: inputs})
	}
	for key, v := range j.once {
		members = append(members, jsonx.Member{Key: key, Value: v})
	}
	slices.SortFunc(members, func(a, b jsonx.Member) int { return jsonx.CompareUTF16(a.Key, b.Key) })
	return string(jsonx.Append(nil, &jsonx.Value{Kind: jsonx.Object, Members: members})), ""
}
