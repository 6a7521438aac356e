package api

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
)

var listSchemasQuery = []param{
	pPrefix,
	{"aliases", boolean},
	pDeleted,
	{"latestOnly", boolean},
	{"ruleType", list},
	{"resourceType", text},
	{"associationType", list},
	{"lifecycle", list},
	pOffset, pLimit, pCursor,
}

// listed is one item of the list of schemas.
type listed struct {
	located
	aliases []string
}

func (x *request) listSchemas() error {
	for _, name := range []string{"resourceType", "associationType", "lifecycle"} {
		if x.arg(name).set {
			return badRequest("The query parameter %s is not supported: this server keeps no associations", name)
		}
	}
	p, err := x.page(x.api.opt.SchemasPage)
	if err != nil {
		return err
	}
	var items []listed
	if err := x.view(func(st *registry.State) error {
		items = x.gather(st, p)
		return nil
	}); err != nil {
		return err
	}
	if p.limit >= 0 && len(items) > p.limit {
		items = items[:p.limit]
		last := items[len(items)-1]
		x.more(strconv.Itoa(last.version.Number) + "/" + last.name.String())
	}
	if err := x.prefetch(items); err != nil {
		return err
	}
	body := []byte{'['}
	for i := range items {
		if i > 0 {
			body = append(body, ',')
		}
		one, err := x.versionBody(items[i].located, "", false)
		if err != nil {
			return err
		}
		body = append(body, one.plain...)
		if len(items[i].aliases) > 0 {
			names, err := wire.Marshal(items[i].aliases)
			if err != nil {
				return err
			}
			body = append(bytes.TrimSuffix(body, []byte{'}'}), `,"aliases":`...)
			body = append(append(body, names...), '}')
		}
	}
	return x.send(http.StatusOK, render(append(body, ']')), revalidate)
}

// prefetch loads the texts of the items that were not rendered before, all at
// once.
func (x *request) prefetch(items []listed) error {
	var hashes []registry.Hash
	for i := range items {
		key := bodyKeyOf(items[i].located, "", false)
		if _, ok := x.api.bodies.get(x.api.hashKey(&key), key); !ok {
			hashes = append(hashes, key.content.Text)
		}
	}
	return x.api.service.Prefetch(x.ctx, hashes)
}

// gather collects the schemas of a page and one more, if there is one.
func (x *request) gather(st *registry.State, p page) []listed {
	var out []listed
	deleted, latestOnly, ruleTypes := x.flag("deleted"), x.flag("latestOnly"), x.arg("ruleType").list
	from, after := registry.Name{}, 0
	if p.started {
		number, name, _ := strings.Cut(p.after, "/")
		from = registry.ParseName(name)
		after, _ = strconv.Atoi(number) // a cursor of ours; anything else starts over
	}
	skip := p.offset
	add := func(s *registry.Subject, aliases []string) bool {
		for i := range s.Versions {
			v := &s.Versions[i]
			if v.Deleted && !deleted || latestOnly && !isNewest(s, i, deleted) || !hasRuleType(v.Content, ruleTypes) {
				continue
			}
			if s.Name == from && v.Number <= after {
				continue
			}
			if skip > 0 {
				skip--
				continue
			}
			out = append(out, listed{located{name: s.Name, version: v}, aliases})
			if p.limit >= 0 && len(out) > p.limit {
				return false
			}
		}
		return true
	}
	wanted := x.readScope(x.text("subjectPrefix"))
	if !x.flag("aliases") {
		wanted.subjects(st, from, x.sees(), func(s *registry.Subject) bool { return add(s, nil) })
		return out
	}
	for _, t := range x.withAliases(st, wanted) {
		if less(t.subject.Name, from) {
			continue
		}
		if !add(t.subject, t.aliases) {
			break
		}
	}
	return out
}

type aliased struct {
	subject *registry.Subject
	aliases []string
}

// withAliases lists the subjects of a scope and those that an alias within it
// leads to, each with the aliases that lead to it, in order.
func (x *request) withAliases(st *registry.State, wanted scope) []aliased {
	sees := x.sees()
	found := map[registry.Name]*aliased{}
	wanted.subjects(st, registry.Name{}, sees, func(s *registry.Subject) bool {
		found[s.Name] = &aliased{subject: s}
		return true
	})
	st.ScopedConfigs(func(n registry.Name, c *registry.Config) bool {
		if c.Alias == "" || sees != nil && !sees(n) {
			return true
		}
		target := st.Alias(n)
		inScope := (wanted.context == "" || n.Context == wanted.context) && strings.HasPrefix(n.Subject, wanted.prefix)
		s := x.findSubject(st, n)
		if s == nil || !inScope && found[target] == nil {
			return true
		}
		if found[target] == nil {
			found[target] = &aliased{subject: s}
		}
		found[target].aliases = append(found[target].aliases, n.String())
		return true
	})
	out := make([]aliased, 0, len(found))
	for _, a := range found {
		slices.Sort(a.aliases)
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b aliased) int {
		if less(a.subject.Name, b.subject.Name) {
			return -1
		}
		return 1
	})
	return out
}

// isNewest reports whether no later version would be listed.
func isNewest(s *registry.Subject, i int, deleted bool) bool {
	for _, later := range s.Versions[i+1:] {
		if deleted || !later.Deleted {
			return false
		}
	}
	return true
}

func hasRuleType(c *registry.Content, types []string) bool {
	if len(types) == 0 {
		return true
	}
	if c.RuleSet == nil {
		return false
	}
	for _, list := range [][]registry.Rule{c.RuleSet.Migration, c.RuleSet.Domain, c.RuleSet.Encoding} {
		for i := range list {
			if slices.Contains(types, list[i].Type) {
				return true
			}
		}
	}
	return false
}
