package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/instar-registry/instar/internal/plant"
	"github.com/instar-registry/instar/schema"
)

// groupMax is how many commands share one transaction at most; together with
// the limits of a command this stays below the log's bounds.
const (
	groupMax      = 128
	groupBytesMax = 4 << 20
)

// pending is a command on its way through the writer.
type pending struct {
	by     By
	cmd    Command
	digest string
	memo   candidates
	done   chan outcome
}

type outcome struct {
	result any
	err    error
	again  bool // decide again outside the lock: texts are missing
}

// do runs a command to its end. It decides on the local state first, which
// loads and parses everything outside the lock, answers what changes nothing
// and refuses what the head would refuse too.
func (s *Service) do(ctx context.Context, by By, cmd Command) (any, error) {
	if err := s.available(); err != nil {
		return nil, err
	}
	p := &pending{by: by, cmd: cmd, memo: candidates{}, done: make(chan outcome, 1)}
	if by.Key != "" {
		d, err := digest(cmd)
		if err != nil {
			return nil, err
		}
		p.digest = d
	}
	s.parseAhead(ctx, p)
	for refreshed := s.opt.Exclusive; ; {
		st := s.State()
		result, changes, err := s.prepare(ctx, st, p)
		if err != nil {
			var refusal *Error
			if errors.Is(err, errTextGone) && s.State() != st {
				continue
			}
			if refreshed || !errors.As(err, &refusal) || refusal.Code == Canceled || refusal.Code == Unavailable {
				return nil, err
			}
			if e := s.Refresh(ctx); e != nil {
				return nil, e
			}
			if refreshed = true; s.State() == st {
				return nil, err
			}
			continue
		}
		if !changes {
			// Nothing to do is believed only at the head, like a refusal:
			// another node may have changed what this rests on.
			if !refreshed {
				if e := s.Refresh(ctx); e != nil {
					return nil, e
				}
				if refreshed = true; s.State() != st {
					continue
				}
			}
			return result, nil
		}
		out := s.enqueue(ctx, p)
		if !out.again {
			return out.result, out.err
		}
	}
}

// prepare decides on a state without writing.
func (s *Service) prepare(ctx context.Context, st *State, p *pending) (result any, changes bool, err error) {
	err = s.withTexts(ctx, func(env *Env) error {
		if replayed, found, err := st.replayReceipt(p); found || err != nil {
			result, changes = replayed, false
			return err
		}
		env.memo = p.memo
		d, err := Decide(st, env, p.cmd)
		result, changes = d.Result, len(d.Changes) > 0
		return err
	})
	return result, changes, err
}

func (s *Service) enqueue(ctx context.Context, p *pending) outcome {
	select {
	case s.queue <- p:
	case <-s.stop:
		return outcome{err: fail(Unavailable, "The registry is shutting down; nothing was written")}
	case <-ctx.Done():
		return outcome{err: fail(Canceled, "The request was cancelled; nothing was written").from(ctx.Err())}
	}
	select {
	case out := <-p.done:
		return out
	case <-ctx.Done():
		// The writer has it: whether it commits is not known here.
		e := fail(UnknownOutcome, "The outcome is unknown, repeat this request (request %s)", p.by.Request).from(ctx.Err())
		e.Request = p.by.Request
		return outcome{err: e}
	}
}

// write is the writer: it takes what is queued as one group after the other.
func (s *Service) write() {
	defer s.stopped.Done()
	for {
		var group []*pending
		select {
		case p := <-s.queue:
			group = s.gather(p)
		case <-s.stop:
			s.refuseQueued()
			return
		}
		s.commit(group)
	}
}

func (s *Service) gather(first *pending) []*pending {
	group, size := []*pending{first}, commandSize(first.cmd)
	for len(group) < groupMax && size < groupBytesMax {
		select {
		case p := <-s.queue:
			group = append(group, p)
			size += commandSize(p.cmd)
		default:
			return group
		}
	}
	return group
}

func commandSize(c Command) int {
	switch c := c.(type) {
	case Register:
		return len(c.Text) + 1024
	case AddUpcaster:
		return len(c.Text) + 1024
	case ImportUpcaster:
		return len(c.Text) + 1024
	case Batch:
		n := 0
		for _, one := range c.Commands {
			n += commandSize(one)
		}
		return n
	default:
		return 1024
	}
}

func (s *Service) refuseQueued() {
	for {
		select {
		case p := <-s.queue:
			p.done <- outcome{err: fail(Unavailable, "The registry is shutting down; nothing was written")}
		default:
			return
		}
	}
}

// commit runs one group in one transaction. If a guard strikes, the commands
// are run one by one, so that one bug of ours does not fail its neighbours.
func (s *Service) commit(group []*pending) {
	err := s.transact(group)
	if err == nil {
		return
	}
	known := errors.Is(err, ErrUnavailable) || errors.Is(err, ErrUnknownOutcome) || errors.Is(err, ErrReplaced) || errors.Is(err, ErrDiskFull)
	if !known && len(group) > 1 {
		for _, p := range group {
			s.commit([]*pending{p})
		}
		return
	}
	if !known {
		s.opt.Observer.Invariant("guard")
		s.logger.Error("write aborted by a bug", "request", group[0].by.Request, "err", err)
	}
	if errors.Is(err, ErrUnknownOutcome) {
		s.opt.Observer.UnknownOutcome()
	}
	for _, p := range group {
		p.done <- outcome{err: s.storeError(err, p.by.Request)}
	}
}

func (s *Service) transact(group []*pending) error {
	s.publish.Lock()
	defer s.publish.Unlock()
	start := s.opt.Clock()
	ctx, cancel := context.WithTimeout(context.Background(), s.opt.WriteTimeout)
	defer cancel()
	base := s.State()
	var t *transaction
	if plant.Is(plant.AckBeforeCommit) {
		for _, p := range group {
			result, _, err := s.prepare(ctx, base, p)
			p.done <- outcome{result: result, err: err}
			p.done = make(chan outcome, 1)
		}
	}
	records, err := s.log.Update(ctx, base.head, func(newer []Record, head Head) (Append, error) {
		fork := base.Fork()
		for i := range newer {
			if err := fork.ApplyRecord(newer[i]); err != nil {
				return Append{}, fmt.Errorf("%w: %w", ErrReplaced, err)
			}
		}
		t = &transaction{st: fork, env: s.env(ctx), newer: len(newer)}
		if plant.Is(plant.NoSecondDecide) || plant.Is(plant.StaleConfig) {
			t.before = base
		}
		for _, p := range group {
			t.decide(p)
		}
		return t.add, nil
	})
	s.contact(err)
	if err != nil {
		return err
	}
	if len(records) > 0 {
		last := records[len(records)-1]
		t.st.head.Seq, t.st.head.Hash = last.Seq, last.Hash()
	}
	if t.newer > 0 || len(records) > 0 {
		s.put(t.st)
	}
	for _, text := range t.add.Texts {
		s.shelf.keep(text.Hash, text.Body)
	}
	s.opt.Observer.Committed(len(records), t.newer, s.opt.Clock().Sub(start))
	for i, p := range group {
		p.done <- t.outcomes[i]
	}
	return nil
}

// transaction decides a group of commands, each on what the ones before did.
type transaction struct {
	st       *State
	env      *Env
	newer    int
	before   *State // planted bugs only
	add      Append
	outcomes []outcome
}

func (t *transaction) decide(p *pending) {
	result, found, err := t.st.replayReceipt(p)
	if found || err != nil {
		t.outcomes = append(t.outcomes, outcome{result: result, err: err})
		return
	}
	env := *t.env
	env.memo = p.memo
	d, err := Decide(t.view(), &env, p.cmd)
	if isNeed(err) {
		t.outcomes = append(t.outcomes, outcome{again: true})
		return
	}
	if err == nil {
		err = t.append(p, &d)
	}
	t.outcomes = append(t.outcomes, outcome{result: d.Result, err: err})
}

// view is the state that a command is decided on: the fork, unless a bug is
// planted.
func (t *transaction) view() *State {
	if t.before == nil {
		return t.st
	}
	if plant.Is(plant.NoSecondDecide) {
		stale := t.st.Fork()
		stale.subjects = t.before.subjects.Copy()
		return stale
	}
	stale := t.st.Fork()
	stale.configs = t.before.configs.Copy()
	return stale
}

// append turns a decision's changes into entries and guards and applies them to
// the fork. An error leaves the fork unusable for what follows, and can only
// come from a bug.
func (t *transaction) append(p *pending, d *Decision) error {
	for i, c := range d.Changes {
		var r *Receipt
		if i == len(d.Changes)-1 && p.by.Key != "" {
			body, err := json.Marshal(d.Result)
			if err != nil {
				return &schema.Bug{Where: "receipt", Cause: err}
			}
			r = &Receipt{Principal: p.by.Principal, Key: p.by.Key, Strong: p.by.Strong, Digest: p.digest, Outcome: body}
		}
		stored := c
		if t.st.sealer != nil {
			sealed, err := t.st.sealer.sealChange(c)
			if err != nil {
				return &schema.Bug{Where: "seal", Cause: err}
			}
			stored = sealed
		}
		payload, err := EncodeChange(stored, r)
		if err != nil {
			return err
		}
		seq := t.st.head.Seq + 1
		t.add.Guards = append(t.add.Guards, t.st.guards(c, len(t.add.Entries))...)
		t.add.Entries = append(t.add.Entries, Entry{
			At: t.env.Now, Actor: p.by.Actor, Request: p.by.Request, Kind: c.Kind(), Payload: payload,
		})
		before := t.st.textsOf(c)
		if err := t.st.Apply(c, seq, t.env.Now); err != nil {
			return &schema.Bug{Where: "apply", Cause: err}
		}
		t.st.head.Seq = seq
		if r != nil {
			t.st.keepReceipt(r, seq)
		}
		t.add.Drop = append(t.add.Drop, t.st.unused(before)...)
	}
	t.add.Texts = append(t.add.Texts, d.Texts...)
	t.add.Drop = t.st.unused(t.add.Drop) // a later change may need one again
	return nil
}

// digest identifies a command for repeated requests.
func digest(cmd Command) (string, error) {
	body, err := json.Marshal(cmd)
	if err != nil {
		return "", &schema.Bug{Where: "digest", Cause: err}
	}
	sum := sha256.Sum256(append([]byte(reflect.TypeOf(cmd).Name()+" "), body...))
	return hex.EncodeToString(sum[:]), nil
}

// replayReceipt looks for the outcome of an earlier equal request.
func (st *State) replayReceipt(p *pending) (any, bool, error) {
	if p.by.Key == "" {
		return nil, false, nil
	}
	r, ok := st.receipts.Get(p.by.Principal + "\x00" + p.by.Key)
	if !ok {
		return nil, false, nil
	}
	if r.digest != p.digest && !plant.Is(plant.DigestIgnored) {
		if p.by.Strong && r.strong {
			return nil, false, fail(KeyReused, "The idempotency key was used for another request").
				because("use a new key for every new request")
		}
		return nil, false, nil
	}
	if p.by.Replayed != nil {
		*p.by.Replayed = true
	}
	return r.outcome, true, nil
}

// run runs a command and returns its result as R, whether it was decided now or
// comes from a receipt.
func run[R any](ctx context.Context, s *Service, by By, cmd Command) (R, error) {
	var zero R
	out, err := s.do(ctx, by, cmd)
	if err != nil {
		return zero, err
	}
	switch v := out.(type) {
	case R:
		return v, nil
	case json.RawMessage:
		if err := json.Unmarshal(v, &zero); err != nil {
			return zero, &schema.Bug{Where: "receipt", Cause: err}
		}
		return zero, nil
	default:
		return zero, &schema.Bug{Where: "run", Cause: fmt.Sprintf("%T answered %T", cmd, out)}
	}
}
