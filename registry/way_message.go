package registry

import (
	"errors"

	"github.com/instar-registry/instar/upcast"
)

// first is the message whose events a route begins with at one of its versions:
// the one asked for at its start, elsewhere the first of the file. It is empty for
// formats without messages.
func (r *route) first(env *Env, i int) (string, error) {
	v, message := r.versions[i], ""
	if i == 0 {
		message = r.message
	}
	p, err := r.st.parsed(env, r.names[i].Context, v.Content)
	if err != nil {
		return "", unreadable(v, err)
	}
	name, err := upcast.MessageName(p, message)
	if err != nil {
		return "", upcasterRefusal(err)
	}
	return name, nil
}

// proved is the hop between two neighbours for a message: by the document if it
// carries that one, else derived. info is told which.
func (r *route) proved(env *Env, i int, info *HopInfo, message string) (*upcast.Hop, error) {
	from, to := min(info.From, info.To), max(info.From, info.To)
	start := func(h *upcast.Hop) string {
		source, target := h.Messages()
		if info.Down {
			return target
		}
		return source
	}
	if x := r.documents[i]; x != nil {
		owner := info.Source
		if info.Down {
			owner = info.Target
		}
		h, err := r.st.hopBy(env, owner, x)
		if err != nil || start(h) == message {
			return h, err
		}
		if info.Source != info.Target {
			return nil, fail(UpcasterGap, "There is no way from %s for events of %s: the upcaster carries those of %s", info.ends(), message, start(h))
		}
		info.Document = ""
	}
	h, err := r.st.hop(env, info.Source, from, to, nil, message)
	var no *Error
	if message != "" && info.Down && errors.As(err, &no) && no.Code == InvalidUpcaster {
		h, err = r.st.hop(env, info.Source, from, to, nil, "") // the older version may have it under another name, as its first
	}
	switch {
	case message != "" && errors.As(err, &no) && no.Code == InvalidUpcaster:
		return nil, fail(UpcasterGap, "There is no proved way from version %d to %d for events of %s: %s", info.From, info.To, message, no.Message).from(err)
	case err == nil && start(h) != message:
		return nil, fail(UpcasterGap, "There is no proved way from version %d to %d for events of %s: version %d has no such message", info.From, info.To, message, info.To)
	}
	return h, err
}
