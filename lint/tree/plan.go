package tree

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
)

// PlanFormat names the form of plans.
const PlanFormat = "evcheck-plan/v1"

// The operations of a plan, as it shows them.
const (
	OpNew       = "+" // a subject that the registry does not have
	OpVersion   = "^" // a new version
	OpConfig    = "~" // the level or the policy
	OpUpcaster  = "u" // a document between two versions that are there
	OpUnchanged = "="
	OpMissing   = "-" // in the registry and not in the tree
	OpRefused   = "!"
)

// Plan says what would change in a registry.
type Plan struct {
	Instar   string   `json:"instar"`
	Registry string   `json:"registry"`
	Context  string   `json:"context,omitempty"`
	Actions  []Action `json:"actions"`
}

// Action is one change, or the absence of one.
type Action struct {
	Op      string `json:"op"`
	Subject string `json:"subject"`
	File    string `json:"file,omitempty"`
	// Schema, SchemaType and References are what is registered. A reference of
	// version 0 is the version that the plan itself registers.
	Schema     string           `json:"schema,omitempty"`
	SchemaType string           `json:"schemaType,omitempty"`
	References []wire.Reference `json:"references,omitempty"`
	// Latest is the newest version that the plan rests on; 0 for none.
	Latest int `json:"latest,omitempty"`
	// Version is that of an unchanged schema.
	Version int `json:"version,omitempty"`
	// Upcaster is the body of a document that leads from Latest to the version
	// that is registered, and comes with it; UpcasterFile is where it stands.
	Upcaster     json.RawMessage `json:"upcaster,omitempty"`
	UpcasterFile string          `json:"upcasterFile,omitempty"`
	// From, To and Document are an upcaster that is sent alone, Replaces the
	// revision of it that is there.
	From     int    `json:"from,omitempty"`
	To       int    `json:"to,omitempty"`
	Document string `json:"document,omitempty"`
	Replaces int    `json:"replaces,omitempty"`
	// Config is what is set, Was what that replaces. Lowers says that less is
	// asked of new versions after it.
	Config *Setting `json:"config,omitempty"`
	Was    *Setting `json:"was,omitempty"`
	Lowers bool     `json:"lowers,omitempty"`
	// Prune says that a subject which is not in the tree is soft-deleted.
	Prune bool `json:"prune,omitempty"`
	// Why says what is wrong, or what is not known yet.
	Why []string `json:"why,omitempty"`
}

// Setting is the part of a configuration that a tree manages.
type Setting struct {
	Level  string `json:"level,omitempty"`
	Policy string `json:"policy,omitempty"`
}

// Refused reports whether a part of the plan would be refused.
func (p *Plan) Refused() bool {
	return slices.ContainsFunc(p.Actions, func(a Action) bool { return a.Op == OpRefused })
}

// Changes reports whether applying the plan changes anything.
func (p *Plan) Changes() bool {
	return slices.ContainsFunc(p.Actions, func(a Action) bool { return a.Op != OpUnchanged && (a.Op != OpMissing || a.Prune) })
}

// PlanOptions say what a plan is about.
type PlanOptions struct {
	// SchemasOnly leaves configuration, upcasters and other subjects alone.
	SchemasOnly bool
	// Part leaves subjects alone that are not among the entries.
	Part bool
	// Prune soft-deletes what is not in the tree.
	Prune bool
}

// Make plans what makes a registry hold the entries, which are in the order of
// their references. Nothing is written.
func Make(ctx context.Context, r *Registry, entries []Entry, o PlanOptions) (*Plan, error) {
	p := planner{r: r, o: o, versions: map[string]int{}, known: map[string]string{}, plan: &Plan{Instar: PlanFormat, Registry: r.Name, Context: r.Context}}
	for i := range entries {
		p.known[entries[i].File] = entries[i].Subject
	}
	if !o.SchemasOnly {
		for i := range entries {
			if err := p.config(ctx, &entries[i]); err != nil {
				return nil, err
			}
		}
	}
	for i := range entries {
		if err := p.schema(ctx, &entries[i]); err != nil {
			return nil, err
		}
	}
	p.plan.Actions = slices.Concat(p.plan.Actions, p.schemas, p.after)
	if !o.SchemasOnly && !o.Part {
		if err := p.missing(ctx, entries, o.Prune); err != nil {
			return nil, err
		}
	}
	return p.plan, nil
}

type planner struct {
	r    *Registry
	o    PlanOptions
	plan *Plan
	// schemas come after configuration and hops between old versions, and after
	// them the upcasters that may lead to them.
	schemas, after []Action
	// versions are those that references name, by subject: 0 for one that the
	// plan registers.
	versions map[string]int
	known    map[string]string // subjects by file
}

func (p *planner) add(a Action) { p.plan.Actions = append(p.plan.Actions, a) }

// config plans the level and the policy of a subject.
func (p *planner) config(ctx context.Context, e *Entry) error {
	if e.Level == "" {
		return nil
	}
	own, err := p.r.Client.Config(ctx, p.r.qualify(e.Subject), client.ConfigQuery{})
	if err != nil && !errors.Is(err, client.ErrConfigNotFound) && !errors.Is(err, client.ErrSubjectNotFound) {
		return fmt.Errorf("read the configuration of %s: %w", e.Subject, err)
	}
	was := Setting{own.CompatibilityLevel, own.CompatibilityPolicy}
	want := Setting{e.Level, e.Policy}
	if was.Level == want.Level && (was.Policy == want.Policy || was.Policy == "" && want.Policy == compat.Exact.String()) {
		return nil
	}
	effective, err := p.r.Client.Config(ctx, p.r.qualify(e.Subject), client.ConfigQuery{DefaultToGlobal: true})
	if err != nil {
		return fmt.Errorf("read the configuration of %s: %w", e.Subject, err)
	}
	before := Setting{effective.CompatibilityLevel, effective.CompatibilityPolicy}
	p.add(Action{Op: OpConfig, Subject: e.Subject, File: e.File, Config: &want, Was: &before, Lowers: lowers(before.Level, want.Level)})
	return nil
}

// asks are the questions of a level: of old events, of new ones, of all versions.
func asks(level string) (backward, forward, all bool) {
	l, err := compat.ParseLevel(level)
	if err != nil {
		return true, true, true // one that is not known may ask for everything
	}
	full := strings.HasPrefix(l.String(), "FULL")
	return full || strings.HasPrefix(l.String(), "BACKWARD"), full || strings.HasPrefix(l.String(), "FORWARD"), l.Transitive()
}

// lowers reports whether a level asks for less than another one.
func lowers(from, to string) bool {
	b1, f1, a1 := asks(from)
	b2, f2, a2 := asks(to)
	return b1 && !b2 || f1 && !f2 || a1 && !a2 && (b1 || f1)
}

// schema plans one schema.
func (p *planner) schema(ctx context.Context, e *Entry) error {
	a := Action{Subject: e.Subject, File: e.File, Schema: e.Text, SchemaType: e.Format.String()}
	ready := true
	for _, u := range e.Uses {
		if u.Pinned != nil {
			a.References = append(a.References, wire.Reference{Name: u.Name, Subject: u.Pinned.Subject, Version: u.Pinned.Version})
			continue
		}
		subject := p.known[u.File]
		version := p.versions[subject]
		ready = ready && version > 0
		a.References = append(a.References, wire.Reference{Name: u.Name, Subject: subject, Version: version})
	}
	latest, err := p.r.Client.Version(ctx, p.r.qualify(e.Subject), client.Latest, client.VersionQuery{})
	switch {
	case err == nil:
		a.Op, a.Latest = OpVersion, latest.Version
	case errors.Is(err, client.ErrNotFound):
		a.Op = OpNew
	default:
		return fmt.Errorf("read the newest version of %s: %w", e.Subject, err)
	}
	if ready && a.Op == OpVersion {
		found, err := p.r.Client.Lookup(ctx, p.r.qualify(e.Subject), p.r.request(&a), client.LookupOptions{})
		switch {
		case err == nil:
			p.versions[e.Subject] = found.Version
			a = Action{Op: OpUnchanged, Subject: e.Subject, File: e.File, Version: found.Version}
		case !errors.Is(err, client.ErrNotFound):
			return fmt.Errorf("look %s up: %w", e.Subject, err)
		}
	}
	h := hops{p: p, e: e, action: &a, latest: latest.Version, at: a.Version}
	if !p.o.SchemasOnly {
		if err := h.plan(ctx); err != nil {
			return err
		}
	}
	if a.Op != OpUnchanged {
		switch {
		case !ready:
			a.Why = append(a.Why, "judged when its references are registered")
		case h.pending:
			a.Why = append(a.Why, "judged when the upcasters of older versions are registered")
		}
		if err := p.judge(ctx, &a, ready && !h.pending); err != nil {
			return err
		}
		if a.Op == OpRefused && p.o.SchemasOnly && len(e.Upcasters) > 0 {
			a.Why = append(a.Why, e.Upcasters[0].File+" is not sent with it; evcheck plan and apply send upcasters")
		}
	}
	p.schemas = append(p.schemas, a)
	return nil
}

// judge asks the registry whether it would take a schema. Where what it rests on
// is to be registered first, only the mode is asked for.
func (p *planner) judge(ctx context.Context, a *Action, ready bool) error {
	mode, err := p.r.Client.Mode(ctx, p.r.qualify(a.Subject), true)
	if err != nil {
		return fmt.Errorf("read the mode of %s: %w", a.Subject, err)
	}
	if mode != "READWRITE" && mode != "" {
		a.Op, a.Why = OpRefused, append(a.Why, "the mode of the subject is "+mode)
		return nil
	}
	if !ready || a.Op != OpVersion {
		return nil
	}
	if a.Upcaster != nil { // only an Instar has come as far as this, and it stores nothing
		_, err := p.r.Client.Register(ctx, p.r.qualify(a.Subject), p.r.request(a), client.RegisterOptions{DryRun: true})
		return p.refusal(a, err)
	}
	answer, err := p.r.Client.Check(ctx, p.r.qualify(a.Subject), client.AllVersions, p.r.request(a), client.CheckOptions{Verbose: true})
	if err != nil || answer.IsCompatible {
		return p.refusal(a, err)
	}
	a.Op = OpRefused
	if answer.Messages != nil {
		a.Why = append(a.Why, because(*answer.Messages)...)
	}
	if len(a.Why) == 0 {
		a.Why = []string{"it is not compatible with the versions that the level asks about"}
	}
	return nil
}

// incompatibility is one message of the list that registries answer with.
var incompatibility = regexp.MustCompile(`^\{errorType:['"]([^'"]*)['"], description:['"](.*?)['"](?:, additionalInfo:'(.*)')?\}$`)

// because turns the messages of a registry into sentences; those that only repeat
// the old schema and the settings are left out.
func because(messages []string) []string {
	var out []string
	for _, m := range messages {
		parts := incompatibility.FindStringSubmatch(m)
		version, isVersion := strings.CutPrefix(m, "{oldSchemaVersion: ")
		switch {
		case parts != nil && parts[3] != "":
			out = append(out, parts[1]+": "+parts[2]+", as "+parts[3]+" shows")
		case parts != nil:
			out = append(out, parts[1]+": "+parts[2])
		case isVersion:
			out = append(out, "against version "+strings.TrimSuffix(version, "}"))
		case !strings.HasPrefix(m, "{oldSchema: ") && !strings.HasPrefix(m, "{validateFields: "):
			out = append(out, m)
		}
	}
	return out
}

// refusal marks an action that a registry refuses to carry out.
func (p *planner) refusal(a *Action, err error) error {
	var no *client.Error
	switch {
	case errors.As(err, &no) && (no.Status == http.StatusUnprocessableEntity || no.Status == http.StatusConflict || no.Status == http.StatusForbidden):
		a.Op, a.Why = OpRefused, append(a.Why, no.Message)
	case err != nil:
		return fmt.Errorf("ask about %s: %w", a.Subject, err)
	}
	return nil
}

// request is what is sent about a schema.
func (r *Registry) request(a *Action) wire.RegisterRequest {
	refs := make([]wire.Reference, len(a.References))
	for i, x := range a.References {
		refs[i] = wire.Reference{Name: x.Name, Subject: r.qualify(x.Subject), Version: x.Version}
	}
	return wire.RegisterRequest{Schema: a.Schema, SchemaType: a.SchemaType, References: refs, Upcaster: a.Upcaster}
}

// missing lists the subjects that the tree does not have.
func (p *planner) missing(ctx context.Context, entries []Entry, prune bool) error {
	have, err := subjects(ctx, p.r)
	if err != nil {
		return err
	}
	for _, s := range have {
		if !slices.ContainsFunc(entries, func(e Entry) bool { return e.Subject == s }) {
			p.add(Action{Op: OpMissing, Subject: s, Prune: prune})
		}
	}
	return nil
}

// ReadPlan reads a plan that was written by [Plan.JSON].
func ReadPlan(text []byte) (*Plan, error) {
	var p Plan
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, &lint.InputError{What: "the plan is no JSON: " + err.Error(), Hint: "write it by evcheck plan --output FILE"}
	}
	if p.Instar != PlanFormat {
		return nil, &lint.InputError{What: fmt.Sprintf("this is no plan: instar is %q", p.Instar), Hint: "write one by evcheck plan --output FILE"}
	}
	return &p, nil
}

// JSON is the plan as a file.
func (p *Plan) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(p, "", "  ")
	return append(text, '\n'), err
}
