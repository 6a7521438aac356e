package registry

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestSensitiveMetadataIsSealedAtRest(t *testing.T) {
	sealer, err := NewSealer(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	log := newMemLog()
	with := func(o *Options) { o.Sealer = sealer }
	n := start(t, log, with)
	secret := func(c *Register) {
		c.Metadata = &Metadata{Properties: map[string]string{"key": "hunter2", "owner": "a"}, Sensitive: []string{"key"}}
	}
	clear := n.must("s", avroRecord(fieldA), secret)
	if clear.Content.Metadata.Properties["key"] != "hunter2" {
		t.Error("memory must hold the clear value")
	}
	if strings.Contains(log.records[0].Payload, "hunter2") || !strings.Contains(log.records[0].Payload, sealedPrefix) {
		t.Errorf("the log holds %s", log.records[0].Payload)
	}
	again := start(t, log, with)
	v := again.State().Subject(ParseName("s")).Latest()
	if v.Content.Metadata.Properties["key"] != "hunter2" || v.Content.Identity != clear.Content.Identity {
		t.Errorf("replayed: %+v", v.Content.Metadata)
	}
	if findings, err := again.Verify(context.Background(), true); err != nil || len(findings) != 0 {
		t.Errorf("verify: %v, %v", findings, err)
	}
	if err := again.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(log.snap.Body, []byte("hunter2")) {
		t.Error("the snapshot holds the clear value")
	}
	third := start(t, log, with)
	if third.State().Digest() != n.State().Digest() {
		t.Error("a node started from the sealed snapshot has another state")
	}

	blind := Open(Options{Log: log})
	defer blind.Close(context.Background()) //nolint:errcheck // it never became ready
	for blind.Fatal() == nil && !blind.Status().Ready {
	}
	if blind.Fatal() == nil || !strings.Contains(blind.Fatal().Error(), "metadata-secret-file") {
		t.Errorf("a node without the key serves: %v", blind.Fatal())
	}
}
