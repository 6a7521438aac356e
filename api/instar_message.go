package api

import (
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// message is the Protobuf message of an event: by name, by its place in the file
// as frames have it, or the first one.
type message struct {
	name string
	path []int
}

// of is the full name of the message in a schema; empty for other formats.
func (m message) of(s schema.Parsed) (string, error) {
	if m.name == "" {
		name, err := upcast.MessageAt(s, m.path)
		if err != nil {
			return "", unprocessable("The event names a message that its version lacks: %s", err)
		}
		return name, nil
	}
	name, err := upcast.MessageName(s, m.name)
	if err != nil {
		return "", unprocessable("message: %s", err)
	}
	return name, nil
}

// findMessage finds the place of the message that the request names.
func (v *validation) findMessage() error {
	name, err := message{name: v.message}.of(v.judge)
	if err != nil {
		return err
	}
	e, _, err := upcast.EventsOf(v.judge, name)
	v.event.Message = e.Path
	return err
}
