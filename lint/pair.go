package lint

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// job is one subject against one base.
type job struct {
	subject  string
	base     string // its name
	state    string // what is known before judging
	new, old *unit
	head     *side
	olds     []version // newest first
	renamed  string    // the subject that it was before
	// registered says that the base is a registry, normalize that it compares
	// texts after normalisation.
	registered, normalize bool
	// past opens the snapshots before the base; nil if it has none.
	past func(context.Context, History) ([]Tree, error)
	// earlier reads the versions of a registry beyond those that count; nil if
	// there are none.
	earlier func(context.Context) ([]version, error)
}

// version is an old text of a subject.
type version struct {
	number int
	side   *side
	unit   *unit
	alike  bool // of a registry, see [RegisteredVersion]
}

// pair finds the counterparts of the head's subjects in a base, and which of
// them have to be judged.
func (x *run) pair(ctx context.Context, index int) ([]job, error) {
	tree := x.Bases[index].Tree
	if r, ok := tree.(RegistryBase); ok {
		jobs, err := x.registered(ctx, r)
		x.report.Base = append(x.report.Base, tree.Snap())
		return jobs, err
	}
	base := x.side(tree)
	snap := tree.Snap()
	x.report.Base = append(x.report.Base, snap)
	units, err := base.choose(ctx, x.Config, x.only)
	if err != nil {
		return nil, err
	}
	olds, err := bySubject(units, snap.Name)
	if err != nil {
		return nil, err
	}
	affected, err := x.affected(ctx, base)
	if err != nil {
		return nil, err
	}
	x.differs = x.differs || differ(x.units, units, affected)
	var jobs []job
	for _, subject := range slices.Sorted(maps.Keys(x.heads)) {
		if !x.wanted(subject) {
			continue
		}
		list := x.heads[subject]
		if list[0].mapping.History.Kind == HistoryFiles {
			more, err := x.fileJobs(ctx, base, subject, affected)
			if err != nil {
				return nil, err
			}
			x.withdrawn(base, subject, olds[subject])
			delete(olds, subject)
			jobs = append(jobs, more...)
			continue
		}
		j := job{subject: subject, base: snap.Name, head: x.head, new: &list[len(list)-1]}
		was := olds[subject]
		delete(olds, subject)
		switch {
		case len(was) == 0:
			j.state = SubjectFirst
		case !x.Full && !affected[j.new.file] && j.new.file == was[len(was)-1].file:
			j.state, j.old = SubjectUnchanged, &was[len(was)-1]
		default:
			j.old, j.state = &was[len(was)-1], SubjectCompared
			j.olds = []version{{side: base, unit: j.old}}
			j.past = x.Bases[index].Earlier
		}
		jobs = append(jobs, j)
	}
	for _, subject := range slices.Sorted(maps.Keys(olds)) {
		if x.wanted(subject) {
			list := olds[subject]
			u := &list[len(list)-1]
			jobs = append(jobs, job{subject: subject, base: snap.Name, head: x.head, state: SubjectRemoved, old: u, olds: []version{{side: base, unit: u}}})
		}
	}
	jobs, err = x.moved(ctx, base, jobs)
	if err != nil {
		return nil, err
	}
	return jobs, x.histories(ctx, index, jobs)
}

// differ reports whether a schema file was added, removed or affected by an edit.
func differ(heads, bases []unit, affected map[string]bool) bool {
	return !slices.EqualFunc(heads, bases, func(h, b unit) bool { return h.file == b.file && !affected[h.file] })
}

// moved pairs a subject that vanished with a new one of the same identity.
func (x *run) moved(ctx context.Context, base *side, jobs []job) ([]job, error) {
	gone := map[string]int{}
	for i := range jobs {
		if jobs[i].state != SubjectRemoved {
			continue
		}
		id, err := base.identity(ctx, jobs[i].old)
		if err != nil {
			return nil, err
		}
		if id != "" {
			gone[id] = i
		}
	}
	if len(gone) == 0 {
		return jobs, nil
	}
	drop := map[int]bool{}
	for i := range jobs {
		j := &jobs[i]
		if j.state != SubjectFirst {
			continue
		}
		id, err := x.head.identity(ctx, j.new)
		if err != nil {
			return nil, err
		}
		at, ok := gone[id]
		if !ok || id == "" {
			continue
		}
		delete(gone, id)
		drop[at] = true
		j.state, j.old, j.olds, j.renamed = SubjectCompared, jobs[at].old, jobs[at].olds, jobs[at].subject
	}
	var out []job
	for i := range jobs {
		if !drop[i] {
			out = append(out, jobs[i])
		}
	}
	return out, nil
}

// identity is what a schema calls itself: the full name of its record or message,
// or its $id.
func (s *side) identity(ctx context.Context, u *unit) (string, error) {
	o, err := s.outline(ctx, u.file, u.format)
	if err != nil {
		return "", err
	}
	for _, key := range []string{"record", "message", "id"} {
		if v := o.values[key]; v != "" {
			return u.format.String() + " " + v, nil
		}
	}
	return "", nil
}

// affected are the files of the head whose meaning may differ from the base:
// those that changed and, again and again, those that use one.
func (x *run) affected(ctx context.Context, base *side) (map[string]bool, error) {
	out, names, err := x.changed(ctx, base)
	if err == nil {
		err = x.head.lockChanges(ctx, base, names)
	}
	if err != nil || len(out)+len(names) == 0 {
		return out, err
	}
	tokens := newTokens(out, names)
	rest := slices.DeleteFunc(slices.Clone(x.head.tree.Files()), func(f File) bool { return out[f.Path] || !schemaLike(f.Path) })
	x.tell(func(p *Progress) { p.Files += len(rest) })
	for grown, first := true, true; grown && len(tokens.list) > 0; first = false {
		grown = false
		fresh := tokens.take()
		for i := 0; i < len(rest); i++ {
			f := &rest[i]
			if first {
				x.tell(func(p *Progress) { p.Read++ })
			}
			uses, err := x.usesOne(ctx, f.Path, fresh, out, names)
			if err != nil {
				return nil, err
			}
			if !uses {
				continue
			}
			out[f.Path], grown = true, true
			o, err := x.head.outline(ctx, f.Path, x.formatOf(f.Path))
			if err != nil {
				return nil, err
			}
			for _, d := range o.defines {
				names[d] = true
			}
			pinned, err := x.head.pinnedBy(ctx, f.Path)
			if err != nil {
				return nil, err
			}
			if pinned != nil {
				names[pinned.Name] = true
				tokens.add("", []string{pinned.Name})
			}
			tokens.add(f.Path, o.defines)
			rest = slices.Delete(rest, i, i+1)
			i--
		}
	}
	return out, nil
}

func schemaLike(file string) bool {
	return strings.HasSuffix(file, ".json") || formatByName(file) != 0 || strings.HasSuffix(file, ".yaml") || strings.HasSuffix(file, ".yml")
}

func (x *run) formatOf(file string) schema.Format {
	if f := formatByName(file); f != 0 {
		return f
	}
	if m := x.Config.mapping(file); m != nil {
		return m.Format
	}
	return 0
}

// changed lists the files that differ, are new or are gone, and the names that
// they define on either side.
func (x *run) changed(ctx context.Context, base *side) (files, names map[string]bool, err error) {
	files, names = map[string]bool{}, map[string]bool{}
	define := func(s *side, file string) error {
		if s.files[file] == nil || formatByName(file) == schema.Protobuf {
			return nil
		}
		o, err := s.outline(ctx, file, x.formatOf(file))
		if err != nil {
			return err
		}
		for _, d := range o.defines {
			names[d] = true
		}
		return nil
	}
	note := func(file string) error {
		files[file] = true
		if err := define(x.head, file); err != nil {
			return err
		}
		return define(base, file)
	}
	for _, f := range x.head.tree.Files() {
		if !schemaLike(f.Path) && x.Config.mapping(f.Path) == nil {
			continue
		}
		if base.files[f.Path] != nil {
			equal, err := same(ctx, x.head, base, f.Path, f.Path)
			if err != nil {
				return nil, nil, err
			}
			if equal {
				continue
			}
		}
		if err := note(f.Path); err != nil {
			return nil, nil, err
		}
	}
	for _, f := range base.tree.Files() {
		if schemaLike(f.Path) && x.head.files[f.Path] == nil {
			if err := note(f.Path); err != nil {
				return nil, nil, err
			}
		}
	}
	return files, names, nil
}

// usesOne reports whether a file uses one of the files or names. Only a text in
// which one of the words stands is looked at closely; a file that the cache does
// not know yet is in any case, so that the next run need not read it.
func (x *run) usesOne(ctx context.Context, file string, words []word, files, names map[string]bool) (bool, error) {
	format := x.formatOf(file)
	if id := x.head.outlineID(file, format); id == "" {
		t, err := x.head.text(ctx, file)
		if err != nil || !mayHold(t.body, words) {
			return false, err
		}
	} else if x.shared.lacks(id, words) {
		return false, nil
	}
	o, err := x.head.outline(ctx, file, format)
	if err != nil {
		return false, err
	}
	if format == 0 {
		format = schema.JSON
		if o.record {
			format = schema.Avro
		}
	}
	m := x.Config.mapping(file)
	if m == nil {
		m = &Mapping{Roots: x.Config.roots()}
	}
	for _, u := range o.uses {
		if names[u.name] || names[u.address] {
			return true, nil
		}
		if slices.ContainsFunc(candidates(format, x.Config, m, file, u), func(c string) bool { return files[c] }) {
			return true, nil
		}
	}
	return false, nil
}

// mayHold reports whether one of the words may stand in a text. Behind a backslash
// it may be written in many ways.
func mayHold(body string, words []word) bool {
	return strings.Contains(body, `\`) || slices.ContainsFunc(words, func(w word) bool { return strings.Contains(body, w.text) })
}

// roots are all import roots of the configuration.
func (c *Config) roots() []string {
	var out []string
	for i := range c.Sources {
		for _, r := range c.Sources[i].Roots {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// tokens are words of which one stands in every text that uses a file or name.
type tokens struct{ list []string }

func newTokens(files, names map[string]bool) *tokens {
	t := &tokens{}
	for f := range files {
		t.add(f, nil)
	}
	t.add("", slices.Collect(maps.Keys(names)))
	return t
}

// maxTokens is beyond what number of words looking for them costs more than
// looking at all texts closely.
const maxTokens = 64

func (t *tokens) add(file string, names []string) {
	if file != "" && formatByName(file) != schema.Avro {
		t.list = append(t.list, file[strings.LastIndexByte(file, '/')+1:])
	}
	for _, n := range names {
		t.list = append(t.list, n[strings.LastIndexAny(n, "./")+1:])
	}
}

func (t *tokens) take() []word {
	list := t.list
	t.list = nil
	slices.Sort(list)
	if list = slices.Compact(list); len(list) > maxTokens {
		list = []string{""}
	}
	out := make([]word, len(list))
	for i, text := range list {
		out[i] = newWord(text)
	}
	return out
}
