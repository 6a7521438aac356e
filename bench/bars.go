package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	hamba "github.com/hamba/avro/v2"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/internal/oracle"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/jsonschema/contain"
	"github.com/instar-registry/instar/schema/jsonschema/rx"
	"github.com/instar-registry/instar/schema/protobuf"
)

// perCall returns the processor time of one call: the median over the rounds,
// each of which calls for a tenth of a second.
func (e *env) perCall(f func() error) (time.Duration, error) {
	runtime.LockOSThread() // for the clock
	defer runtime.UnlockOSThread()
	var rounds []time.Duration
	for range max(e.rounds, 1) {
		n, taken := 0, time.Duration(0)
		for begin := oracle.ThreadTime(); taken < 100*time.Millisecond; taken = oracle.ThreadTime() - begin {
			if err := f(); err != nil {
				return 0, err
			}
			n++
		}
		rounds = append(rounds, taken/time.Duration(n))
	}
	return median(rounds), nil
}

var schemaOptions = schema.Options{Limits: schema.DefaultLimits()}

// bars measures single questions with parsed schemas.
func bars(ctx context.Context, e *env) ([]row, error) {
	var rows []row
	for _, part := range []func(context.Context, *env) ([]row, error){avroBars, protoBars, jsonBars, patternBars, checkBars} {
		more, err := part(ctx, e)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// expect fails unless the answer is the one that is measured.
func expect(what string, c *schema.Containment, want schema.Verdict) error {
	if c.Verdict != want {
		return fmt.Errorf("%s: the answer is %s, must be %s: %v", what, c.Verdict, want, c.Undecided)
	}
	return nil
}

func avroBars(ctx context.Context, e *env) ([]row, error) {
	one, two := avro20("R", "", ""), avro20("R", "", `,{"name":"more","type":["null","long"],"default":null}`)
	older, err := avro.Parse(one, nil, schemaOptions)
	if err != nil {
		return nil, err
	}
	newer, err := avro.Parse(two, nil, schemaOptions)
	if err != nil {
		return nil, err
	}
	broken, err := avro.Parse(avro20("R", "", `,{"name":"more","type":"long"}`), nil, schemaOptions)
	if err != nil {
		return nil, err
	}
	ask := func(w, r *avro.Schema, want schema.Verdict) (time.Duration, error) {
		return e.perCall(func() error {
			c, err := avro.Contain(ctx, w, r, schema.Budget{})
			if err != nil {
				return err
			}
			return expect("Avro, 20 fields", &c, want)
		})
	}
	proof, err := ask(older, newer, schema.Compatible)
	if err != nil {
		return nil, err
	}
	witness, err := ask(older, broken, schema.Incompatible)
	if err != nil {
		return nil, err
	}
	theirs, err := e.hambaPair(one, two)
	if err != nil {
		return nil, err
	}
	return []row{
		{"Avro, 20 fields, proof", micros(proof), fmt.Sprintf("%.2f× hamba/avro's check of the same pair (%s), which shows no event; aim ≤ 10 µs", float64(proof)/float64(theirs), micros(theirs))},
		{"Avro, 20 fields, with a witness", micros(witness), "built, encoded, walked, decoded by a second library and read by the reader"},
	}, nil
}

// hambaPair measures the library's own check, with a fresh cache for each
// question, since the library would answer from it.
func (e *env) hambaPair(one, two string) (time.Duration, error) {
	w, err := hamba.ParseWithCache(one, "", &hamba.SchemaCache{})
	if err != nil {
		return 0, err
	}
	r, err := hamba.ParseWithCache(two, "", &hamba.SchemaCache{})
	if err != nil {
		return 0, err
	}
	return e.perCall(func() error { return hamba.NewSchemaCompatibility().Compatible(r, w) })
}

// proto50 is a file of 50 messages of five fields, each of which uses the next.
func proto50(more, last string) string {
	var b strings.Builder
	b.WriteString("syntax = \"proto3\";\npackage bench;\nenum State { UNKNOWN = 0; NEW = 1; PAID = 2; }\n")
	for i := range 50 {
		next := fmt.Sprintf("M%d", i+1)
		if i == 49 {
			next = "string"
		}
		fmt.Fprintf(&b, "message M%d { string id = 1; int64 at = 2; repeated %s next = 3; map<string, int32> tags = 4; State state = 5; %s }\n", i, next, more)
	}
	return b.String() + last
}

func protoBars(ctx context.Context, e *env) ([]row, error) {
	parse := func(text string) (*protobuf.Schema, error) { return protobuf.Parse(text, nil, schemaOptions) }
	older, err := parse(proto50("", ""))
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, p := range []struct {
		what, text string
		want       schema.Verdict
		note       string
	}{
		{"Protobuf, 50 messages, a field more in each, all surfaces", proto50("string note = 6;", ""), schema.Compatible, "aim ≤ 1 ms"},
		{"Protobuf, 50 messages, a type changed in each, with all witnesses", strings.ReplaceAll(proto50("", ""), "int64 at", "string at"), schema.Incompatible, "each built, walked and parsed on both sides"},
	} {
		newer, err := parse(p.text)
		if err != nil {
			return nil, err
		}
		breaks := 0
		taken, err := e.perCall(func() error {
			c, err := protobuf.Contain(ctx, older, newer, protobuf.ContainOptions{})
			if err != nil {
				return err
			}
			breaks = len(c.Breaks)
			return expect(p.what, &c, p.want)
		})
		if err != nil {
			return nil, err
		}
		rows = append(rows, row{p.what, micros(taken), fmt.Sprintf("%d differences; %s", breaks, p.note)})
	}
	return rows, nil
}

// json20 is an object with 20 properties that allows no others.
func json20(typ, more string) string {
	var list []string
	for i := range 20 {
		list = append(list, fmt.Sprintf(`"field_%d":%s`, i, []string{`{"type":"string","maxLength":40}`, `{"type":"integer","minimum":0}`, `{"type":["null","number"]}`, typ}[i%4]))
	}
	return `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{` + strings.Join(list, ",") + more + `},"required":["field_0"],"additionalProperties":false}`
}

func jsonBars(ctx context.Context, e *env) ([]row, error) {
	pairs := []struct {
		what, old, new string
		want           schema.Verdict
		note           string
	}{
		{"JSON Schema, 20 properties, one more, proof", json20(`{"type":"string"}`, ""), json20(`{"type":"string"}`, `,"more":{"type":"string"}`), schema.Compatible, "aim p50 < 0.2 ms"},
		{"JSON Schema, 20 properties, patterns loosened, proof", json20(`{"type":"string","pattern":"^[0-9]{3}$"}`, ""), json20(`{"type":"string","pattern":"^[0-9]+$"}`, ""), schema.Compatible, ""},
		{"JSON Schema, 20 properties, five changed, with all witnesses", json20(`{"type":"string"}`, ""), json20(`{"type":"integer"}`, ""), schema.Incompatible, "each judged by both validators"},
		{"JSON Schema, 32 breaks of one pair", wide(32, "number"), wide(32, "string"), schema.Incompatible, "aim ≤ 50 ms"},
	}
	var rows []row
	for _, p := range pairs {
		w, err := jsonschema.Parse(p.old, nil, schemaOptions)
		if err != nil {
			return nil, err
		}
		r, err := jsonschema.Parse(p.new, nil, schemaOptions)
		if err != nil {
			return nil, err
		}
		breaks := 0
		taken, err := e.perCall(func() error {
			c, err := contain.Schemas(ctx, w, r, contain.Options{})
			if err != nil {
				return err
			}
			breaks = len(c.Breaks)
			return expect(p.what, &c, p.want)
		})
		if err != nil {
			return nil, err
		}
		note := p.note
		if p.want == schema.Incompatible {
			note = strings.Trim(fmt.Sprintf("%d breaks; %s", breaks, note), "; ")
		}
		rows = append(rows, row{p.what, micros(taken), note})
	}
	return rows, nil
}

func wide(n int, typ string) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"p%d":{"type":%q}`, i, typ))
	}
	return `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{` + strings.Join(list, ",") + `}}`
}

// patternBars asks for containment of languages, each question by a solver that
// knows nothing yet.
func patternBars(_ context.Context, e *env) ([]row, error) {
	const date = `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`
	var rows []row
	for _, p := range []struct {
		what, inner, outer string
		want               bool
		note               string
	}{
		{"patterns: UUID in loose hexadecimal", `^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, `^[0-9a-fA-F-]{36}$`, true, "aim ≤ 1 ms"},
		{"patterns: date in digits and dashes", date, `^\d+-\d\d-\d\d$`, true, "aim ≤ 1 ms"},
		{"patterns: date not in February", date, `^[0-9]{4}-02-[0-9]{2}$`, false, "aim ≤ 1 ms"},
		{"patterns: (a\\|b)*a(a\\|b){12}", `^(a|b)*a(a|b){12}$`, `^(a|b)*(a|b){13}$`, true, "the classic exponential one; aim: inside the budget"},
	} {
		inner, err := rx.Parse(p.inner)
		if err != nil {
			return nil, err
		}
		outer, err := rx.Parse(p.outer)
		if err != nil {
			return nil, err
		}
		steps := 0
		taken, err := e.perCall(func() error {
			s := rx.NewSolver(rx.Limits{}, nil)
			got, err := s.Subset(rx.Matching(inner), rx.Matching(outer))
			if steps = s.Steps(); err == nil && got != p.want {
				err = fmt.Errorf("%s: %t, must be %t", p.what, got, p.want)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		rows = append(rows, row{p.what, micros(taken), strings.Trim(fmt.Sprintf("%d steps; %s", steps, p.note), "; ")})
	}
	return rows, nil
}

// remembered is the least that remembers answers.
type remembered struct{ pairs sync.Map }

func (m *remembered) Recall(k compat.PairKey) (compat.Pair, bool) {
	v, ok := m.pairs.Load(k)
	if !ok {
		return compat.Pair{}, false
	}
	return v.(compat.Pair), true
}

func (m *remembered) Remember(k compat.PairKey, p compat.Pair) { m.pairs.Store(k, p) }

// checkBars measures whole checks: over a long history, and of a pair whose
// answer is known.
func checkBars(ctx context.Context, e *env) ([]row, error) {
	const versions = 200
	r := compat.Request{Level: compat.BackwardTransitive, Policy: compat.Exact}
	for i := versions; i >= 0; i-- {
		s, err := avro.Parse(revision(i), nil, schemaOptions)
		if err != nil {
			return nil, err
		}
		if i == versions {
			r.Candidate, r.Key = s, compat.KeyOf(s)
			continue
		}
		r.History = append(r.History, compat.Version{Number: i + 1, Parsed: s, Key: compat.KeyOf(s)})
	}
	check := func() error {
		report, err := compat.Check(ctx, r)
		if err == nil && (report.Refused || report.Verdict != schema.Compatible) {
			err = fmt.Errorf("the check over %d versions says %s", versions, report.Verdict)
		}
		return err
	}
	cold, err := e.perCall(check)
	if err != nil {
		return nil, err
	}
	r.Memo = &remembered{}
	warm, err := e.perCall(check)
	if err != nil {
		return nil, err
	}
	return []row{
		{"Avro, 20 fields, check against 200 versions", millis(cold), "EXACT with STRICT's findings beside it; aim ≤ 10 ms"},
		{"the same, a pair that is remembered", micros(warm / versions), "aim ≤ 2 µs"},
	}, nil
}
