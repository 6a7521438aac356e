package registry

import (
	"fmt"

	"github.com/instar-registry/instar/schema"
)

// Decide answers a command against a state: the changes it comes to, or why it
// is refused. It is pure: the same arguments give the same answer on every
// node, which is what makes deciding again under the head lock sound.
//
// The error is an *Error (a refusal that the caller may show), a *NeedTexts
// (load these bodies and ask again) or a bug.
func Decide(st *State, env *Env, cmd Command) (Decision, error) {
	d := &decider{st: st, env: env}
	switch c := cmd.(type) {
	case Register:
		return d.register(c)
	case DeleteVersion:
		return d.deleteVersion(c)
	case DeleteSubject:
		return d.deleteSubject(c)
	case Undelete:
		return d.undelete(c)
	case SetConfig:
		return d.setConfig(c)
	case DeleteConfig:
		return d.deleteConfig(c)
	case SetMode:
		return d.setMode(c)
	case DeleteMode:
		return d.deleteMode(c)
	case DeleteContext:
		return d.deleteContext(c)
	case CreateToken:
		return d.createToken(c)
	case RevokeToken:
		return d.revokeToken(c)
	case ChangeGrant:
		return d.changeGrant(c)
	case AddUpcaster:
		return d.addUpcaster(c)
	case ImportUpcaster:
		return d.importUpcaster(c)
	case WithdrawUpcaster:
		return d.withdrawUpcaster(c)
	case Batch:
		return d.batch(c)
	default:
		return Decision{}, &schema.Bug{Where: "Decide", Cause: fmt.Sprintf("unknown command %T", cmd)}
	}
}

type decider struct {
	st  *State
	env *Env
	// thorough asks the engine about both directions and every policy.
	thorough bool
	// source is the text that was sent, if fixes of it are asked for.
	source string
	bridge *bridge // the upcaster that came with the version
}

// BatchError tells which command of a [Batch] was refused.
type BatchError struct {
	Index int
	Err   error
}

func (e *BatchError) Error() string { return fmt.Sprintf("item %d: %s", e.Index, e.Err) }

// Unwrap returns the refusal.
func (e *BatchError) Unwrap() error { return e.Err }

// batch decides commands one after the other, each seeing the ones before.
func (d *decider) batch(b Batch) (Decision, error) {
	fork := d.st.ForkAside()
	env := *d.env
	extra := map[Hash]string{}
	env.Library = overlayLibrary{Library: d.env.Library, extra: extra}
	var out Decision
	results := make([]any, 0, len(b.Commands))
	for i, cmd := range b.Commands {
		one, err := Decide(fork, &env, cmd)
		if err != nil {
			if _, need := err.(*NeedTexts); need { //nolint:errorlint // our own error, never wrapped
				return Decision{}, err
			}
			return Decision{}, &BatchError{Index: i, Err: err}
		}
		for _, t := range one.Texts {
			extra[t.Hash] = t.Body
		}
		for _, c := range one.Changes {
			if err := fork.Apply(c, fork.head.Seq+1, env.Now); err != nil {
				return Decision{}, &schema.Bug{Where: "Decide batch", Cause: err}
			}
			fork.head.Seq++
		}
		out.Changes = append(out.Changes, one.Changes...)
		out.Texts = append(out.Texts, one.Texts...)
		results = append(results, one.Result)
	}
	if b.DryRun {
		for i, r := range results {
			if r, ok := r.(Registered); ok && r.Created {
				r.Text = extra[r.Content.Text] // it will be stored nowhere
				results[i] = r
			}
		}
		return Decision{Result: results}, nil
	}
	out.Result = results
	return out, nil
}

// overlayLibrary adds the texts that earlier commands of a batch bring.
type overlayLibrary struct {
	Library
	extra map[Hash]string
}

func (l overlayLibrary) Text(h Hash) (string, bool) {
	if body, ok := l.extra[h]; ok {
		return body, true
	}
	return l.Library.Text(h)
}

// writable refuses changes to a scope in READONLY mode.
func (d *decider) writable(n Name) *Error {
	switch d.st.EffectiveMode(n) {
	case "READONLY", "READONLY_OVERRIDE":
		return fail(NotPermitted, "Subject %s in context %s is in read-only mode", n.Subject, n.Context)
	}
	return nil
}
