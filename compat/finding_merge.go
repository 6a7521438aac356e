package compat

import (
	"slices"
	"sync"

	"github.com/instar-registry/instar/schema"
)

// complete tells the findings of a pair what follows from the pair, and which
// rule of the catalogue names what Confluent's rule found.
func (p *Pair) complete(policy Policy, required bool) {
	for i := range p.Findings {
		f := &p.Findings[i]
		f.Direction, f.Required = p.Direction, required
		if p.Version > 0 {
			f.Versions = []int{p.Version}
		}
		switch {
		case f.Kind == "": // two formats
			f.Rule = "schema/format-changed"
			f.RefusedBy = slices.Clone(policyNames[:])
		case f.Break != nil:
			if f.Rule == "" {
				f.Rule = f.Kind
			}
			if f.Break.Class == schema.ClassData {
				f.refusedBy(Exact)
				if policy == Declared || p.format != schema.JSON {
					f.refusedBy(Declared)
				}
			}
		default:
			f.Rule = ConfluentRule(p.format, f.Kind, p.Direction)
		}
		if f.Strict {
			f.refusedBy(Strict)
		}
		if f.Lenient {
			f.refusedBy(Lenient)
		}
	}
}

func (f *Finding) refusedBy(p Policy) {
	if !slices.Contains(f.RefusedBy, p.String()) {
		f.RefusedBy = append(f.RefusedBy, p.String())
	}
}

// joinRule notes which of the exact engine's findings the syntactic rule refuses
// too: those that it has a refused difference of the same rule for.
func joinRule(found, advisory []Finding, format schema.Format, d Direction) {
	for i := range found {
		for k := range advisory {
			a := &advisory[k]
			if (a.Strict || a.Lenient) && slices.Contains(ConfluentRules(format, a.Kind, d), found[i].Kind) {
				found[i].Strict = found[i].Strict || a.Strict
				found[i].Lenient = found[i].Lenient || a.Lenient
			}
		}
	}
}

// Findings lists the findings of all pairs, those that the level asks for first,
// each once with all versions that it holds for. A question that was left open
// and a version that does not parse are findings too.
func (r *Report) Findings() []Finding {
	var out []Finding
	index := map[string]int{}
	for i := range r.Pairs {
		for _, f := range r.Pairs[i].all(r.asks(r.Pairs[i].Direction)) {
			key := f.Fingerprint("") + f.Class()
			at, known := index[key]
			if !known {
				index[key] = len(out)
				out = append(out, f)
				continue
			}
			for _, v := range f.Versions {
				if !slices.Contains(out[at].Versions, v) {
					// The versions belong to the pair's own finding too.
					out[at].Versions = append(slices.Clip(out[at].Versions), v)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return weight(&a) - weight(&b) })
	return out
}

// weight orders findings by what a reader must see first.
func weight(f *Finding) int {
	n := severityRank(f)
	if !f.Required {
		n += 3
	}
	return n
}

// all are the findings of a pair and what kept it from being decided.
func (p *Pair) all(required bool) []Finding {
	out := slices.Clone(p.Findings)
	var versions []int
	if p.Version > 0 {
		versions = []int{p.Version}
	}
	for i := range p.Undecided {
		u := &p.Undecided[i]
		out = append(out, Finding{
			Difference: Difference{Kind: "schema/undecided", Path: u.Path, Description: u.What},
			Rule:       "schema/undecided", Direction: p.Direction, Required: required, Versions: versions, Undecided: u,
		})
	}
	if p.Reason == BaseInvalid {
		text := "the old schema does not parse"
		if p.Err != nil {
			text += ": " + p.Err.Error()
		}
		out = append(out, Finding{
			Difference: Difference{Kind: "schema/base-invalid", Description: text, Strict: true, Lenient: true},
			Rule:       "schema/base-invalid", Direction: p.Direction, Required: required, Versions: versions, Refused: true,
		})
	}
	return out
}

// ConfluentRule is the rule of the catalogue that names a kind of difference of
// Confluent's rule, found in a direction; empty for an unknown kind.
func ConfluentRule(format schema.Format, kind string, d Direction) string {
	if rules := ConfluentRules(format, kind, d); len(rules) > 0 {
		return rules[0]
	}
	return ""
}

// ConfluentRules are all rules that a kind of difference may stand for, the most
// common one first.
func ConfluentRules(format schema.Format, kind string, d Direction) []string {
	return confluentIndex()[kindKey{format, kind, d}]
}

type kindKey struct {
	format schema.Format
	kind   string
	d      Direction
}

// commonRule is the most common rule of a kind that several rules list.
var commonRule = map[string]string{
	"TYPE_MISMATCH":        "avro/type-changed",
	"MISSING_UNION_BRANCH": "avro/union-branch-removed",

	"PATTERN_CHANGED":   "json/pattern-changed",
	"SUM_TYPE_NARROWED": "json/any-of-branch-removed",
	"SUM_TYPE_EXTENDED": "json/any-of-branch-added",

	"FIELD_KIND_CHANGED":                  "proto/field-type-changed",
	"FIELD_SCALAR_KIND_CHANGED":           "proto/field-type-changed",
	"FIELD_NAMED_TYPE_CHANGED":            "proto/field-message-type-changed",
	"FIELD_NUMERIC_LABEL_CHANGED":         "proto/field-made-singular",
	"FIELD_STRING_OR_BYTES_LABEL_CHANGED": "proto/field-made-repeated",
	"FIELD_MOVED_TO_EXISTING_ONEOF":       "proto/field-moved-into-oneof",
}

// confluentIndex is read off the catalogue. A row says what a kind means when
// the old side writes; when the new side does, it is the mirror's.
var confluentIndex = sync.OnceValue(func() map[kindKey][]string {
	// The rules of all formats that have a kind at all are those about
	// documentation, which JSON Schema's rule reports.
	formats := map[string]schema.Format{"avro": schema.Avro, "json": schema.JSON, "proto": schema.Protobuf, "schema": schema.JSON}
	index := map[kindKey][]string{}
	add := func(k kindKey, rule string) {
		if rule != "" && !slices.Contains(index[k], rule) {
			index[k] = append(index[k], rule)
		}
	}
	for kind, id := range commonRule {
		r := RuleByID(id)
		add(kindKey{formats[r.Format()], kind, OldToNew}, r.ID)
		add(kindKey{formats[r.Format()], kind, NewToOld}, r.Mirror)
	}
	rules := catalogue()
	for i := range rules {
		r := &rules[i]
		format, known := formats[r.Format()]
		if !known {
			continue
		}
		for _, kind := range r.Confluent {
			add(kindKey{format, kind, OldToNew}, r.ID)
			add(kindKey{format, kind, NewToOld}, r.Mirror)
		}
	}
	return index
})
