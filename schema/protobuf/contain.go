package protobuf

import (
	"context"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/schema"
)

// ContainOptions say which events there are and which of their forms count.
type ContainOptions struct {
	// JSON says that events are also written and read in Protobuf's JSON form,
	// so that a break of it decides as one of the bytes does.
	JSON bool
	// EventMessages are the full names of the messages that a frame may name;
	// nil means the first message of the file and each that no field uses.
	EventMessages []string
	// Budget bounds the work; by default it is [DefaultContainSteps].
	Budget schema.Budget
}

// DefaultContainSteps is the budget of [Contain] where none is given.
const DefaultContainSteps = 200_000

// Contain answers whether every event of the writer schema is read under the
// reader schema with the same meaning, and shows an event for every reason why
// not. Every such event has been built under the writer's descriptors, walked,
// parsed under the reader's, and compared field by field before it is shown.
//
// The error is the context's; everything else is part of the answer. A mistake
// of ours is listed as undecided, with the bug. The answer depends on the
// schemas and the options alone.
func Contain(ctx context.Context, writer, reader *Schema, o ContainOptions) (schema.Containment, error) {
	if err := ctx.Err(); err != nil {
		return schema.Containment{}, err
	}
	if writer == reader || writer.SameInlined(reader) {
		return schema.Containment{Verdict: schema.Compatible}, nil
	}
	w, err := writer.program()
	if err != nil {
		return failed(err), nil
	}
	r, err := reader.program()
	if err != nil {
		return failed(err), nil
	}
	limit := o.Budget.Steps
	if limit <= 0 {
		limit = DefaultContainSteps
	}
	j := &pairJudge{
		ctx: ctx, writer: w, reader: r, json: o.JSON, limit: limit,
		enumPairs: map[[2]*enumType][]problem{}, enumNames: map[namesKey][]problem{},
	}
	a := &answer{
		search: &search{pairJudge: j, index: map[pairKey]int{}, visits: map[pairKey]int{}, known: map[findingKey]int{}},
		sides:  [2]*Schema{writer, reader}, options: o,
	}
	if err := guarded("protobuf.Contain", func() error { a.explore(); a.settle(); return nil }); err != nil {
		return failed(err), nil
	}
	if a.err != nil {
		return schema.Containment{}, a.err
	}
	return a.out, nil
}

// failed is the answer where a mistake of ours leaves none.
func failed(err error) schema.Containment {
	var bug *schema.Bug
	if !errors.As(err, &bug) {
		bug = &schema.Bug{Where: "protobuf.Contain", Cause: err}
	}
	return schema.Containment{Undecided: []schema.Undecided{{Reason: schema.ReasonBug, What: "the schemas could not be compared", Bug: bug}}}
}

// answer turns findings into breaks.
type answer struct {
	*search
	sides   [2]*Schema
	options ContainOptions
	confirm confirmer
	out     schema.Containment
}

// explore collects all findings.
func (a *answer) explore() {
	a.pairTypes()
	if a.spent || a.err != nil {
		return // a message may have another name, which is not known yet
	}
	events := 0
	var roots, json, names []pairKey
	var missing []problem
	for _, w := range a.writer.messages {
		r := a.counterpart(w)
		event := a.isEvent(w) && !w.bottom
		if event {
			events++
		}
		switch {
		case r == nil:
			p := problem{kind: KindMessageMissing, class: schema.ClassPolicy, surface: SurfaceSource, name: w.rel}
			if event {
				p.class, p.surface = schema.ClassData, SurfaceBinary
			}
			missing = append(missing, p)
		case event:
			roots, json = append(roots, pairKey{w: w, r: r}), append(json, pairKey{w: w, r: r, json: true})
		}
	}
	if events == 0 {
		a.out.Notes = append(a.out.Notes, "no event of the writer schema exists, so all of them are readable")
	}
	for _, key := range roots {
		a.intern(key)
	}
	a.judgeAll(0)
	at := len(a.nodes)
	for _, w := range a.writer.messages {
		r := a.counterpart(w)
		if _, reached := a.index[pairKey{w: w, r: r}]; r != nil && !reached {
			names = append(names, pairKey{w: w, r: r, source: true})
			a.intern(names[len(names)-1])
		}
	}
	for _, key := range json {
		a.intern(key)
	}
	a.judgeAll(at)
	a.mark()
	for _, p := range missing {
		a.loose(p)
	}
	for _, list := range [][]pairKey{roots, names, json} {
		a.follow(list)
	}
	a.exploreFile()
	a.retype()
	a.prefer()
}

// exploreFile collects what has no place in an event.
func (a *answer) exploreFile() {
	for _, w := range a.writer.messages {
		if to, ok := a.renames[w.rel]; ok {
			a.loose(problem{kind: KindMessageRenamed, class: schema.ClassPolicy, surface: SurfaceSource, name: w.rel, other: to})
		}
	}
	named := map[string]bool{}
	for _, to := range a.renames {
		named[to] = true
	}
	for _, r := range a.reader.messages {
		if a.writer.byName[r.rel] == nil && !named[r.rel] {
			a.loose(problem{kind: KindMessageExtra, class: schema.ClassInfo, surface: SurfaceSource, name: r.rel})
		}
	}
	for _, p := range a.files() {
		a.loose(p)
	}
}

// isEvent reports whether a frame may name a message of the writer.
func (a *answer) isEvent(w *messageType) bool {
	if a.options.EventMessages == nil {
		return w.event
	}
	names := a.options.EventMessages
	if contains(names, w.full) {
		return true
	}
	// The list names types of one side; the package or the name may differ.
	r := a.counterpart(w)
	return r != nil && contains(names, r.full)
}

// loose notes a problem that has no place in an event.
func (a *answer) loose(p problem) {
	if a.room(p.class) {
		a.findings = append(a.findings, finding{problem: p, within: -1})
	}
}

// prefer drops what is told of names where the same is told of the JSON form.
func (a *answer) prefer() {
	type key struct {
		kind   string
		w, r   *fieldType
		we, re *enumType
		name   string
	}
	told := map[key]bool{}
	of := func(f *finding) key {
		if f.we != nil {
			return key{kind: f.kind, we: f.we, re: f.re, name: f.name}
		}
		return key{kind: f.kind, w: f.w, r: f.r, name: f.name}
	}
	for i := range a.findings {
		if f := &a.findings[i]; f.surface == SurfaceJSON {
			told[of(f)] = true
		}
	}
	kept := make([]finding, 0, len(a.findings))
	moved := make([]int, len(a.findings))
	for i := range a.findings {
		f := a.findings[i]
		if f.surface != SurfaceJSON && f.class != schema.ClassData && told[of(&f)] {
			continue
		}
		moved[i] = len(kept)
		kept = append(kept, f)
	}
	for i := range kept {
		if kept[i].within >= 0 {
			kept[i].within = moved[kept[i].within]
		}
	}
	a.findings = kept
}

// maxShown bounds the bytes of all witnesses and paths of one answer, which
// callers keep. What decides the verdict is looked at in any case.
const maxShown = 128 << 10

// maxUndecided is how many open questions are told.
const maxUndecided = 20

// settle confirms every break and sums up.
func (a *answer) settle() {
	explored := !a.spent
	broken, moot, shown := false, false, 0
	a.confirm = confirmer{writer: a.sides[0], reader: a.sides[1]}
	for i := range a.findings {
		f := &a.findings[i]
		if a.err != nil {
			return
		}
		data := f.class == schema.ClassData
		if (a.spent || shown > maxShown) && (broken || !data) {
			a.more = true
			continue
		}
		b := a.describe(f)
		if data {
			w, undecided := a.witness(f, &b)
			if undecided != nil {
				if len(a.out.Undecided) < maxUndecided {
					a.out.Undecided = append(a.out.Undecided, *undecided)
				}
				continue
			}
			if w == nil {
				moot = true
				continue
			}
			b.Witness, b.Effect, broken = w, w.Effect, true
			shown += len(w.Value) + len(w.Binary)
		}
		shown += len(b.Path)
		for _, path := range b.Paths {
			shown += len(path)
		}
		a.out.Breaks = append(a.out.Breaks, b)
	}
	if moot && !broken && len(a.out.Undecided) == 0 {
		a.out.Undecided = []schema.Undecided{{
			Reason: schema.ReasonBug, What: "a failure of the reader was not found",
			Bug: &schema.Bug{Where: "protobuf.Contain", Cause: "only breaks that another one hides"},
		}}
	}
	if !explored {
		a.more = true
		a.out.Undecided = append(a.out.Undecided, schema.Undecided{
			Reason: schema.ReasonSteps,
			What:   fmt.Sprintf("the budget of %d steps is spent before all pairs of messages are judged", a.limit),
		})
	}
	a.out.More, a.out.Steps = a.more, a.steps
	switch {
	case broken:
		a.out.Verdict = schema.Incompatible
	case len(a.out.Undecided) == 0:
		a.out.Verdict = schema.Compatible
	}
}
