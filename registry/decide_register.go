package registry

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"slices"
	"strconv"

	"github.com/instar-registry/instar/internal/plant"
	"github.com/instar-registry/instar/schema"
)

// versionProperty is where Confluent's clients keep the version that a schema
// was registered as.
const versionProperty = "confluent:version"

// candidate is a schema on its way into the registry.
type candidate struct {
	text    string // as it would be stored
	refs    []schema.Reference
	parsed  schema.Parsed
	content *Content
	// unreadable says why an imported text does not parse; parsed is nil then.
	unreadable string
	ownShape   *Shape // see shape
}

// isHistory reports whether a text that failed to parse may be stored by an
// import: limits that guard memory and time hold there too.
func isHistory(err error) bool {
	var user *schema.Error
	return errors.As(err, &user) && user.Limit == ""
}

// register follows the eleven steps of registration; their order decides which
// error wins when several apply.
func (d *decider) register(cmd Register) (Decision, error) {
	if err := d.admissible(&cmd); err != nil {
		return Decision{}, err
	}
	eff := d.st.InForce(cmd.Name, d.env.Settings)
	cmd.Normalize = cmd.Normalize || isTrue(eff.Normalize)
	importing := cmd.Import
	switch d.st.EffectiveMode(cmd.Name) {
	case "IMPORT", "FORWARD":
		importing = true
	}

	first, parseErr := d.candidate(&cmd, importing)
	if isNeed(parseErr) {
		return Decision{}, parseErr
	}
	searched := false // all live versions were compared with the candidate
	if first != nil {
		v, err := d.already(&cmd, &eff, first)
		searched = cmd.Version == 0 && cmd.ID == 0 && !cmd.Import && !hasDefaults(&eff) && !cmd.hasTagEdits()
		if err != nil || v != nil {
			return existing(cmd.Name, v), err
		}
	}
	if err := d.mode(&cmd, importing); err != nil {
		return Decision{}, err
	}
	if !importing {
		changed, err := d.fill(&cmd, &eff)
		if err != nil {
			return Decision{}, err
		}
		if changed || first == nil {
			first, parseErr = d.candidate(&cmd, importing)
			searched = false
		}
	}
	if parseErr != nil {
		return Decision{}, refusal(parseErr)
	}
	if first == nil {
		return Decision{}, fail(InvalidSchema, "Empty schema")
	}
	return d.admit(&cmd, &eff, first, importing, searched)
}

// admit runs steps 7 to 11 on a candidate that parsed.
func (d *decider) admit(cmd *Register, eff *Config, c *candidate, importing, searched bool) (Decision, error) {
	subject := d.st.Subject(cmd.Name)
	next := subject.Highest() + 1
	if plant.Is(plant.VersionIsCount) && subject != nil {
		next = len(subject.Versions) + 1
	}
	if !searched && cmd.Version == 0 && cmd.ID == 0 && !cmd.hasTagEdits() {
		v, err := d.same(cmd.Name, c, subject.Live())
		if err != nil || v != nil {
			return existing(cmd.Name, v), err
		}
	}
	out := registered(cmd.Name, next, 0, c.content)
	out.Inherited = cmd.Inherited
	out.Imported, out.Forced, out.Deleted, out.At = importing, cmd.Force, cmd.Deleted, cmd.At
	if !importing {
		if err := d.judge(cmd, eff, c, &out); err != nil {
			return Decision{}, err
		}
	}
	if cmd.Version > 0 {
		if !importing && cmd.Version != next {
			return Decision{}, fail(InvalidSchema, "Version is not one more than previous version")
		}
		if subject.Version(cmd.Version) != nil {
			return Decision{}, d.versionTaken(cmd, subject.Version(cmd.Version), c)
		}
		out.Version = cmd.Version
	}
	id, err := d.chooseID(cmd, c.content)
	if err != nil {
		return Decision{}, err
	}
	out.ID = id
	if !importing { // an import keeps the history that it brings
		out.Replaces = d.replaces(cmd.Name, subject, id)
	}
	return d.registration(cmd, c, out), nil
}

func (d *decider) registration(cmd *Register, c *candidate, out VersionRegistered) Decision {
	at := out.At
	if at == 0 {
		at = d.env.Now
	}
	result := Registered{
		Name: cmd.Name, Version: out.Version, ID: out.ID, GUID: c.content.GUID,
		At: at, Created: true, Content: c.content, Text: c.text, Unreadable: c.unreadable,
	}
	if d.bridge != nil {
		result.Upcaster = &d.bridge.added
	}
	if cmd.DryRun {
		return Decision{Result: result}
	}
	result.Text = ""
	texts := []Text{{Hash: c.content.Text, Body: c.text}}
	if d.bridge != nil {
		texts = append(texts, Text{Hash: textHash(d.bridge.text), Body: d.bridge.text})
	}
	if c.parsed != nil && len(c.refs) == 0 && c.text == c.parsed.Canonical() {
		// Read leniently, the stored text says what the candidate said.
		d.env.Library.Remember(c.content.Identity, Memory{Parsed: c.parsed, Shape: c.shape()})
	}
	var changes []Change
	if ctx := d.st.Context(cmd.Name.Context); cmd.Name.Context != DefaultContext && (ctx == nil || !ctx.Listed) {
		changes = append(changes, ContextCreated{Context: cmd.Name.Context})
	}
	changes = append(changes, out)
	if d.bridge != nil {
		changes = append(changes, d.bridge.change)
	}
	return Decision{Changes: changes, Texts: texts, Result: result}
}

// existing is the answer that names a version which is already there.
func existing(n Name, v *Version) Decision {
	if v == nil {
		return Decision{}
	}
	return Decision{Result: Registered{
		Name: n, Version: v.Number, ID: v.ID, GUID: v.Content.GUID, At: v.At, Content: v.Content,
	}}
}

func (cmd *Register) hasTagEdits() bool {
	return len(cmd.TagsToAdd) > 0 || len(cmd.TagsToRemove) > 0 || cmd.PropagateTags ||
		cmd.RulesToMerge != nil || len(cmd.RulesToRemove) > 0
}

// admissible runs step 1: rules, names, sizes.
func (d *decider) admissible(cmd *Register) error {
	importing := cmd.Import || d.st.EffectiveMode(cmd.Name) == "IMPORT"
	if !importing {
		if err := d.env.checkRuleSet(cmd.RuleSet); err != nil {
			return err
		}
		if err := d.env.checkMetadata(cmd.Metadata); err != nil {
			return err
		}
	}
	if err := cmd.Name.check(d.env.Settings.RejectEmptySubject && !importing); err != nil {
		return err
	}
	if n, max := len(cmd.Text), d.env.Settings.MaxSchemaBytes; n > max {
		return fail(SchemaTooLarge, "The schema has %d bytes; the limit schema-bytes is %d", n, max)
	}
	if cmd.RuleSet != nil && (cmd.RulesToMerge != nil || len(cmd.RulesToRemove) > 0) {
		return fail(InvalidRuleSet, "ruleSet and rulesToMerge or rulesToRemove exclude each other")
	}
	return nil
}

// candidate parses what the command carries; nil without a text.
func (d *decider) candidate(cmd *Register, importing bool) (*candidate, error) {
	if cmd.Text == "" {
		return nil, nil
	}
	lenient := importing || cmd.ID > 0
	if eff := d.st.InForce(cmd.Name, d.env.Settings); eff.ValidateNew != nil && !*eff.ValidateNew {
		lenient = true
	}
	if d.env.memo == nil || len(cmd.References) > 0 {
		return d.newCandidate(cmd, lenient, importing)
	}
	id := idOfCandidate(cmd, lenient, importing)
	c := d.env.memo[id]
	if c == nil {
		var err error
		if c, err = d.newCandidate(cmd, lenient, importing); err != nil {
			return nil, err
		}
		d.env.memo[id] = c
	}
	return c, nil
}

func (d *decider) newCandidate(cmd *Register, lenient, importing bool) (*candidate, error) {
	refs, err := d.pin(cmd.Name, cmd.References, cmd.Normalize && !importing)
	if err != nil {
		return nil, err
	}
	docs, err := d.st.documents(d.env, cmd.Name.Context, refs, importing)
	if err != nil {
		return nil, err
	}
	p, err := d.env.Library.Parse(cmd.Format, cmd.Text, docs, lenient)
	if importing && isHistory(err) {
		// A history comes over whole: what cannot be read is kept as it was sent.
		c := NewContent(cmd.Format, cmd.Text, refs, cmd.Metadata, cmd.RuleSet, cmd.SourceGUID)
		return &candidate{text: cmd.Text, refs: refs, content: c, unreadable: err.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	text := p.Canonical()
	if cmd.Normalize && !importing {
		text = p.Normalised()
	}
	c := NewContent(cmd.Format, text, refs, cmd.Metadata, cmd.RuleSet, nil)
	if importing && cmd.SourceGUID != nil && *cmd.SourceGUID != c.GUID {
		// The source printed the text differently: keep its text and GUID, so
		// that consumers which resolve by GUID go on working.
		text = cmd.Text
		c = NewContent(cmd.Format, text, refs, cmd.Metadata, cmd.RuleSet, cmd.SourceGUID)
	}
	return &candidate{text: text, refs: refs, parsed: p, content: c}, nil
}

// pin replaces version -1 in references by the newest live version.
func (d *decider) pin(n Name, in []schema.Reference, normalize bool) ([]schema.Reference, error) {
	if len(in) == 0 {
		return nil, nil
	}
	refs := slices.Clone(in)
	for i := range refs {
		if refs[i].Version != -1 {
			continue
		}
		latest := d.st.Subject(In(n.Context, refs[i].Subject)).Latest()
		if latest == nil {
			return nil, &schema.Error{
				What: "No schema reference found for subject \"" + refs[i].Subject + "\" and version -1 (reference \"" + refs[i].Name + "\")",
				Hint: "register the referenced schema first",
			}
		}
		refs[i].Version = latest.Number
	}
	if normalize {
		slices.SortStableFunc(refs, func(a, b schema.Reference) int {
			return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Version, b.Version))
		})
		refs = slices.Compact(refs)
	}
	return refs, nil
}

// already runs step 2: content that is live in the subject is answered before
// anything can refuse.
func (d *decider) already(cmd *Register, eff *Config, c *candidate) (*Version, error) {
	s := d.st.Subject(cmd.Name)
	if s == nil {
		return nil, nil
	}
	if cmd.ID > 0 && cmd.Version > 0 { // a repeated import
		v := s.Version(cmd.Version)
		if v != nil && v.ID == cmd.ID && v.Content.Identity == c.content.Identity && v.Deleted == cmd.Deleted {
			return v, nil
		}
		return nil, nil
	}
	if cmd.hasTagEdits() || hasDefaults(eff) || cmd.Version > 0 || cmd.Import {
		return nil, nil
	}
	live := s.Live()
	if cmd.Version == -1 && len(live) > 1 {
		live = live[:1]
	}
	v, err := d.same(cmd.Name, c, live)
	if v != nil && cmd.ID > 0 && cmd.ID != v.ID {
		return nil, err
	}
	return v, err
}

// hasDefaults reports whether the configuration adds to what is registered.
func hasDefaults(c *Config) bool {
	return c.DefaultMetadata != nil || c.OverrideMetadata != nil || c.DefaultRuleSet != nil || c.OverrideRuleSet != nil
}

// same finds the newest of the given versions whose content the registry calls
// the same as the candidate's.
func (d *decider) same(n Name, c *candidate, versions []*Version) (*Version, error) {
	for _, v := range versions {
		if v.Content.Identity == c.content.Identity {
			return v, nil
		}
	}
	if c.parsed == nil {
		return nil, nil
	}
	var alike []*Version
	for _, v := range versions {
		if v.Content.Format == c.content.Format && sameMetadata(c.content.Metadata, v.Content.Metadata) &&
			sameRuleSet(c.content.RuleSet, v.Content.RuleSet) && c.mayEqual(v.Content) {
			alike = append(alike, v)
		}
	}
	shapes, err := d.shapes(n, alike)
	if err != nil {
		return nil, err
	}
	want := c.shape()
	for i, v := range alike {
		if c.equals(v.Content, want, shapes[i]) {
			return v, nil
		}
	}
	return nil, nil
}

// shapes returns the shapes of stored contents; only those that are not
// remembered are parsed.
func (d *decider) shapes(n Name, versions []*Version) ([]*Shape, error) {
	out := make([]*Shape, len(versions))
	var missing []*Version
	for i, v := range versions {
		if len(v.Content.References) == 0 {
			out[i] = d.env.Library.Recall(v.Content.Identity).Shape
		}
		if out[i] == nil {
			missing = append(missing, v)
		}
	}
	parsed, _, err := d.st.parsedAll(d.env, n.Context, missing)
	if err != nil {
		return nil, err
	}
	next := 0
	for i, v := range versions {
		if out[i] != nil {
			continue
		}
		out[i] = shapeOf(parsed[next])
		next++
		if len(v.Content.References) == 0 {
			d.env.Library.Remember(v.Content.Identity, Memory{Shape: out[i]})
		}
	}
	return out, nil
}

// mayEqual is a cheap test on references before anything is parsed.
func (c *candidate) mayEqual(o *Content) bool {
	return len(c.refs) == 0 || slices.Equal(c.refs, o.References)
}

func (c *candidate) equals(o *Content, want, have *Shape) bool {
	switch {
	case have.Unreadable:
		return false
	case slices.Equal(c.refs, o.References):
		return want.Equivalence == have.Equivalence
	default:
		return len(c.refs) == 0 && want.Inlined == have.Inlined
	}
}

// mode runs step 3.
func (d *decider) mode(cmd *Register, importing bool) *Error {
	if err := d.writable(cmd.Name); err != nil {
		return err
	}
	switch {
	case cmd.ID > 0 && !importing:
		return fail(NotPermitted, "Subject %s in context %s is not in import mode", cmd.Name.Subject, cmd.Name.Context)
	case cmd.ID <= 0 && importing:
		return fail(NotPermitted, "Subject %s in context %s is not in read-write mode", cmd.Name.Subject, cmd.Name.Context)
	}
	return nil
}

// versionTaken explains why an explicit version cannot be stored.
func (d *decider) versionTaken(cmd *Register, v *Version, c *candidate) error {
	if v.Content.Identity == c.content.Identity && v.ID == cmd.ID {
		return fail(ImportConflict, "Version %d of subject '%s' exists already with another deletion state", cmd.Version, cmd.Name)
	}
	return fail(ImportConflict, "Version %d of subject '%s' exists already with other content or another id", cmd.Version, cmd.Name)
}

// chooseID runs steps 7 and 10: equal content keeps its id, an explicit id must
// be free or stand for the same content.
func (d *decider) chooseID(cmd *Register, c *Content) (int64, error) {
	if other, _ := d.st.ByGUID(c.GUID); other != nil && other.Identity != c.Identity {
		return 0, fail(InvalidSchema, "Invalid schema, details: different content has this GUID (%s)", c.GUID)
	}
	if cmd.ID > 0 {
		if b := d.st.Binding(cmd.Name.Context, cmd.ID); b != nil && b.Content.Identity != c.Identity {
			return 0, fail(NotPermitted, "Overwrite new schema with id %d in context %s is not permitted.", cmd.ID, cmd.Name.Context)
		}
		if cmd.ID > maxID {
			return 0, fail(NotPermitted, "The id %d is above the highest possible id %d", cmd.ID, int64(maxID))
		}
		return cmd.ID, nil
	}
	if id := d.st.IDOf(cmd.Name.Context, c); id != 0 {
		return id, nil
	}
	var highest int64
	if ctx := d.st.Context(cmd.Name.Context); ctx != nil {
		highest = ctx.MaxID
	}
	if highest >= maxID {
		return 0, fail(Unavailable, "All ids of context %s are used up", cmd.Name.Context)
	}
	return highest + 1, nil
}

// maxID is the highest id that clients can read: they take it as a signed 32-bit
// number.
const maxID = 1<<31 - 1

// replaces lists the soft-deleted versions with the same id that step 11
// removes, unless something still references them or older events are carried
// over them.
func (d *decider) replaces(n Name, s *Subject, id int64) []int {
	if s == nil {
		return nil
	}
	var out []int
	for _, v := range s.Versions {
		if v.Deleted && v.ID == id && len(d.st.Referrers(n, v.Number)) == 0 && d.st.Upcasters(n).At(v.Number) == nil {
			out = append(out, v.Number)
		}
	}
	return out
}

// refusal turns a parser's error into the answer that clients see.
func refusal(err error) error {
	var user *schema.Error
	if errors.As(err, &user) {
		switch user.Limit {
		case "schema-bytes":
			return fail(SchemaTooLarge, "%s", user).from(user)
		case "reference-bytes":
			return fail(OverLimit, "%s", user).from(user)
		}
		return invalidSchema(user)
	}
	return err
}

func isNeed(err error) bool {
	var need *NeedTexts
	return errors.As(err, &need)
}

// stamp sets the version property in a copy of the metadata.
func stamp(m *Metadata, version int) *Metadata {
	return MergeMetadata(m, &Metadata{Properties: map[string]string{versionProperty: strconv.Itoa(version)}})
}

// textHash is the address of a text.
func textHash(body string) Hash { return sha256.Sum256([]byte(body)) }
