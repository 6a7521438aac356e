package registry

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// LookupRequest asks whether a schema is registered under a subject.
type LookupRequest struct {
	Name       Name
	Format     schema.Format
	Text       string
	References []schema.Reference
	Metadata   *Metadata
	RuleSet    *RuleSet
	Normalize  bool
	Deleted    bool // look among soft-deleted versions too
}

// Lookup finds the newest version of a subject that holds the schema.
func (s *Service) Lookup(ctx context.Context, req LookupRequest) (*Subject, *Version, error) {
	var subject *Subject
	var found *Version
	err := s.View(ctx, func(st *State) error {
		subject = st.Subject(req.Name)
		if subject == nil || (!req.Deleted && subject.Latest() == nil) {
			return subjectNotFound(req.Name)
		}
		if hasFloating(req.References) {
			var err error
			found, err = s.search(ctx, st, subject, &req, nil)
			return foundOr(found, err)
		}
		key := s.submitted(st, req.Name, req.Format, req.Text, req.References, req.Metadata, req.RuleSet, req.Normalize)
		if found = s.known(subject, key, req.Deleted); found != nil {
			return nil
		}
		miss := missKey{body: key, name: req.Name, deleted: req.Deleted}
		if seq, ok := s.shelf.missed.Get(miss); ok && seq == st.Seq() {
			return schemaNotFound()
		}
		var err error
		found, err = s.search(ctx, st, subject, &req, &key)
		if err == nil && found == nil {
			s.shelf.missed.Put(miss, st.Seq(), 1)
		}
		return foundOr(found, err)
	})
	return subject, found, err
}

// missKey names a lookup. That it found nothing holds for one state.
type missKey struct {
	body    Hash // see submitted
	name    Name
	deleted bool
}

func foundOr(v *Version, err error) error {
	if err == nil && v == nil {
		return schemaNotFound()
	}
	return err
}

// known answers a lookup from the memory of submitted bodies.
func (s *Service) known(subject *Subject, key Hash, deleted bool) *Version {
	c, ok := s.shelf.submitted.Get(key)
	s.opt.Observer.Cache("submitted", ok)
	if !ok {
		return nil
	}
	return subject.holding(c, deleted)
}

// submitted is the key of a request body under the settings in force.
func (s *Service) submitted(st *State, n Name, f schema.Format, text string, refs []schema.Reference, m *Metadata, r *RuleSet, normalize bool) Hash {
	eff := st.InForce(n, s.opt.Settings)
	mode := st.EffectiveMode(n)
	lenient := mode == "IMPORT" || mode == "FORWARD" || (eff.ValidateNew != nil && !*eff.ValidateNew)
	return submittedKey(n.Context, f, text, refs, m, r, normalize || isTrue(eff.Normalize), lenient)
}

// holding returns the newest version with exactly this content.
func (s *Subject) holding(c *Content, deleted bool) *Version {
	if s == nil {
		return nil
	}
	for i := len(s.Versions) - 1; i >= 0; i-- {
		v := &s.Versions[i]
		if v.Content.Identity == c.Identity && (deleted || !v.Deleted) {
			return v
		}
	}
	return nil
}

func hasFloating(refs []schema.Reference) bool {
	return slices.ContainsFunc(refs, func(r schema.Reference) bool { return r.Version == -1 })
}

// search tries the body as sent, then with metadata and rules filled in from
// the newest version and the configuration. What it finds as sent is remembered
// under the key, if there is one.
func (s *Service) search(ctx context.Context, st *State, subject *Subject, req *LookupRequest, key *Hash) (*Version, error) {
	var found *Version
	err := s.withTexts(ctx, func(env *Env) error {
		d := &decider{st: st, env: env}
		eff := st.InForce(req.Name, s.opt.Settings)
		cmd := Register{
			Name: req.Name, Format: req.Format, Text: req.Text, References: req.References,
			Metadata: req.Metadata, RuleSet: req.RuleSet, Normalize: req.Normalize || isTrue(eff.Normalize),
		}
		versions := subject.newestFirst(req.Deleted)
		var err error
		if found, err = d.lookup(&cmd, versions); err != nil || found != nil {
			return err
		}
		before := cmd
		if cmd.Text == "" {
			return nil
		}
		if _, err := d.fill(&cmd, &eff); err != nil {
			return err
		}
		if sameMetadata(before.Metadata, cmd.Metadata) && sameRuleSet(before.RuleSet, cmd.RuleSet) {
			return nil
		}
		found, err = d.lookup(&cmd, versions)
		return err
	})
	if err == nil && found != nil && key != nil && found.Content.asSent(req.Metadata, req.RuleSet) {
		s.shelf.submitted.Put(*key, found.Content, 1)
	}
	return found, err
}

// lookup finds the candidate of a command among versions; history is not held
// against today's rules, so the parse is lenient when the strict one fails.
func (d *decider) lookup(cmd *Register, versions []*Version) (*Version, error) {
	c, strict := d.candidate(cmd, false)
	err := strict
	if strict != nil && !isNeed(strict) {
		c, err = d.candidate(cmd, true)
	}
	if err != nil {
		return nil, refusalOrNeed(err)
	}
	if c == nil {
		return nil, fail(InvalidSchema, "Empty schema")
	}
	v, err := d.same(cmd.Name, c, versions)
	if v == nil && err == nil && c.parsed == nil {
		return nil, refusal(strict)
	}
	return v, err
}

// newestFirst lists the live versions, or all, newest first.
func (s *Subject) newestFirst(deleted bool) []*Version {
	if !deleted {
		return s.Live()
	}
	var out []*Version
	for i := len(s.Versions) - 1; i >= 0; i-- {
		out = append(out, &s.Versions[i])
	}
	return out
}

// CompatibilityRequest asks whether a schema could be registered. Version is
// "" for the check that registration would make, else a number or "latest".
type CompatibilityRequest struct {
	Name       Name
	Version    string
	Format     schema.Format
	Text       string
	References []schema.Reference
	Metadata   *Metadata
	RuleSet    *RuleSet
	Normalize  bool
	// Explain asks about both directions and every policy, and Fixes for edits of
	// Text that make findings go away.
	Explain, Fixes bool
	// Hidden answers as if the subject did not exist.
	Hidden bool
}

// Compatibility judges a candidate without registering it. A schema that does
// not parse is an InvalidSchema error.
func (s *Service) Compatibility(ctx context.Context, req CompatibilityRequest) (Judgement, error) {
	var report Judgement
	err := s.View(ctx, func(st *State) error {
		return s.withTexts(ctx, func(env *Env) error {
			var err error
			report, err = (&decider{st: st, env: env, thorough: req.Explain}).compatibility(&req)
			return err
		})
	})
	return report, err
}

func (d *decider) compatibility(req *CompatibilityRequest) (Judgement, error) {
	eff := d.st.InForce(req.Name, d.env.Settings)
	subject := d.st.Subject(req.Name)
	if req.Hidden {
		eff, subject = d.st.InForce(Name{Context: req.Name.Context}, d.env.Settings), nil
	}
	var against []*Version
	if req.Version != "" {
		v, err := subject.at(req.Version)
		if err != nil {
			return Judgement{}, err
		}
		if v != nil {
			against = []*Version{v}
		}
	}
	cmd := Register{
		Name: req.Name, Format: req.Format, Text: req.Text, References: req.References,
		Metadata: req.Metadata, RuleSet: req.RuleSet, Normalize: req.Normalize || isTrue(eff.Normalize),
	}
	if len(req.Text) > d.env.Settings.MaxSchemaBytes {
		return Judgement{}, fail(SchemaTooLarge, "The schema has %d bytes; the limit schema-bytes is %d", len(req.Text), d.env.Settings.MaxSchemaBytes)
	}
	c, err := d.candidate(&cmd, false)
	if err != nil {
		return Judgement{}, refusalOrNeed(err)
	}
	if c == nil {
		return Judgement{}, fail(InvalidSchema, "Empty schema")
	}
	if req.Fixes {
		d.source = req.Text
	}
	if req.Version != "" {
		return d.checkAgainst(req.Name, c.content, c.parsed, against, &eff)
	}
	return d.check(req.Name, c.content, c.parsed, subject, &eff)
}

// ParseVersion reads the version of a path: 1 to 2³¹−1, -1, or "latest" in any
// case; the last two are returned as -1.
func ParseVersion(s string) (int, error) {
	if strings.EqualFold(s, "latest") {
		return -1, nil
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || (n < 1 && n != -1) {
		return 0, fail(InvalidVersion, "The specified version '%s' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\"", s)
	}
	return int(n), nil
}

// at finds the live version that a path names. An unknown subject has no latest
// version, which is no error; any other missing version is.
func (s *Subject) at(version string) (*Version, error) {
	n, err := ParseVersion(version)
	if err != nil {
		return nil, err
	}
	if n == -1 {
		return s.Latest(), nil
	}
	v := s.Version(n)
	if v == nil || v.Deleted {
		return nil, versionNotFound(n)
	}
	return v, nil
}

// Parsed returns the parsed form of a stored content as a context sees it.
func (s *Service) Parsed(ctx context.Context, context string, c *Content) (schema.Parsed, error) {
	var p schema.Parsed
	err := s.withTexts(ctx, func(env *Env) error {
		var err error
		p, err = s.State().parsed(env, context, c)
		return err
	})
	return p, asRefusal(err)
}

// Candidate parses a schema that is not registered, with its references
// resolved as a subject of the context would.
func (s *Service) Candidate(ctx context.Context, context string, f schema.Format, text string, refs []schema.Reference) (schema.Parsed, error) {
	var p schema.Parsed
	err := s.View(ctx, func(st *State) error {
		return s.withTexts(ctx, func(env *Env) error {
			d := &decider{st: st, env: env}
			c, err := d.candidate(&Register{Name: Name{Context: context}, Format: f, Text: text, References: refs}, false)
			if err == nil && c == nil {
				err = fail(InvalidSchema, "Empty schema")
			}
			if err == nil {
				p = c.parsed
			}
			return err
		})
	})
	return p, asRefusal(err)
}

func asRefusal(err error) error {
	var user *schema.Error
	if errors.As(err, &user) {
		return refusal(err)
	}
	return err
}
