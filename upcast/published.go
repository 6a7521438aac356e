package upcast

import (
	"encoding/json"
	"fmt"
	"strings"
)

// JSONSchema is the JSON Schema of documents (draft 2020-12), for editors. It is
// made from the readers themselves, so it cannot fall behind; what a schema
// cannot say, such as that a path is well formed, [Parse] checks.
func JSONSchema() string {
	p := published{defs: map[string]any{}}
	p.shapes()
	for i := range operations {
		p.operation(&operations[i])
	}
	p.step()
	text, err := json.MarshalIndent(p.document(), "", "  ")
	if err != nil {
		panic(err) // only maps, lists and texts are in it
	}
	return string(text) + "\n"
}

type published struct {
	defs map[string]any
}

// members is a JSON object.
type members = map[string]any

func ref(name string) members { return members{"$ref": "#/$defs/" + name} }

func closed(properties members, required ...string) members {
	out := members{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func anyOf(schemas ...any) members { return members{"anyOf": schemas} }

func listOf(name string, least int) members {
	return members{"type": "array", "items": ref(name), "minItems": least}
}

func mapOf(name string) members {
	return members{"type": "object", "additionalProperties": ref(name)}
}

// shapes defines what keys may hold.
func (p *published) shapes() {
	text := members{"type": "string"}
	p.defs["text"], p.defs["boolean"], p.defs["number"] = text, members{"type": "boolean"}, members{"type": "number"}
	p.defs["texts"] = members{"type": "array", "items": text}
	p.defs["path"] = members{"type": "string", "minLength": 1, "description": "a place in the event: a.b, items[].sku, attrs{}.x, pay<Card>.no, cust?.zip, #7, $"}
	p.defs["paths"] = listOf("path", 1)
	p.defs["pairs"] = mapOf("text")
	p.defs["expression"] = members{"type": "string", "minLength": 1, "maxLength": maxExprBytes, "description": "CEL"}
	p.defs["source"] = members{"oneOf": []any{
		closed(members{"value": true}, "value"),
		closed(members{"expr": ref("expression")}, "expr"),
		closed(members{"from": ref("path")}, "from"),
		closed(members{"object": mapOf("source")}, "object"),
		closed(members{"list": members{"type": "array", "items": ref("source")}}, "list"),
	}}
	p.defs["sources"] = mapOf("source")
	p.defs["else"] = anyOf(members{"enum": []string{"absent", "dropEvent", "deadLetter"}}, ref("source"))
	p.defs["elses"] = anyOf(ref("else"), mapOf("else"))
	p.defs["steps"] = members{"type": "array", "items": ref("step"), "maxItems": maxSteps}
	p.defs["branches"] = members{"type": "object", "additionalProperties": anyOf(ref("text"), closed(members{"to": ref("text"), "steps": ref("steps")}, "to"))}
	p.defs["into"] = anyOf(listOf("path", 2), mapOf("path"))
	p.defs["version"] = anyOf(members{"type": "integer", "minimum": 1}, members{"type": "string", "minLength": 1})
	p.defs["target"] = closed(members{"subject": ref("text"), "version": ref("version")}, "subject", "version")
	p.defs["targetOrText"] = anyOf(ref("text"), ref("target"))
	p.defs["outputs"] = members{"type": "array", "minItems": 1, "items": closed(members{
		"name": ref("text"), "when": ref("expression"), "forEach": ref("path"), "to": ref("target"), "steps": ref("steps"),
	}, "name", "to")}
}

// operation defines the mapping of one operation.
func (p *published) operation(op *operation) {
	properties := members{}
	var required []string
	own := false
	for _, k := range describe(op.read).keys {
		switch {
		case k.kind == ownSourceShape:
			own = true
			for _, key := range sourceKeys {
				properties[key] = sourceForm(key)
			}
		case k.kind == wordShape:
			properties[k.name] = members{"enum": k.words}
		default:
			properties[k.name] = ref(string(k.kind))
		}
		if k.required && k.name != "" {
			required = append(required, k.name)
		}
	}
	out := closed(properties, required...)
	if own {
		var one []any
		for _, key := range sourceKeys {
			one = append(one, members{"required": []string{key}})
		}
		out["oneOf"] = one
	}
	p.defs["op."+op.name] = out
}

func sourceForm(key string) any {
	switch key {
	case "expr":
		return ref("expression")
	case "from":
		return ref("path")
	case "object":
		return mapOf("source")
	case "list":
		return members{"type": "array", "items": ref("source")}
	default:
		return true
	}
}

func (p *published) step() {
	properties := members{"id": ref("text"), "doc": ref("text"), "class": members{"enum": classes[1:]}}
	var one []any
	for i := range operations {
		name := operations[i].name
		properties[name] = ref("op." + name)
		one = append(one, members{"required": []string{name}})
	}
	step := closed(properties)
	step["oneOf"] = one
	p.defs["step"] = step
}

func (p *published) document() members {
	out := closed(members{
		"instar": members{"const": Format}, "subject": ref("text"), "from": ref("version"),
		"to": anyOf(ref("version"), ref("target")), "message": ref("text"), "doc": ref("text"), "steps": listOf("step", 0),
		"down": anyOf(members{"enum": []string{"derived", "none"}}, ref("steps")),
		"tests": members{"type": "array", "items": closed(members{
			"name": ref("text"), "in": true, "inMeta": members{"type": "object"}, "out": true,
			"outs": members{"type": "array"}, "dropped": ref("boolean"), "error": members{"type": []string{"string", "integer"}},
		}, "name", "in")},
		"context": members{"type": "object", "additionalProperties": closed(members{
			"type": ref("text"), "kind": members{"enum": []string{"lookup", "stream", "header"}}, "key": ref("expression"),
			"of": closed(members{"type": ref("text"), "path": ref("path")}, "type", "path"), "keep": members{"enum": []string{"last", "first"}}, "name": ref("text"),
		}, "type", "kind")},
		"snapshots": closed(members{"subject": ref("text"), "policy": members{"enum": []string{"invalidate", "migrate"}}}, "subject"),
		"parkIn":    ref("text"), "assume": members{"type": "array", "items": members{"enum": []string{"int64", "declared"}}},
	}, "instar", "from", "to", "steps")
	out["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	out["title"] = fmt.Sprintf("Instar upcaster document (%s)", strings.TrimPrefix(Format, "upcast/"))
	out["$defs"] = p.defs
	return out
}
