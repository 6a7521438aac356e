package registry

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
)

// sealedPrefix marks a property value that is encrypted at rest.
const sealedPrefix = "sealed:v1:"

// Sealer encrypts what metadata calls sensitive before it reaches the store:
// AES-256-GCM with a random nonce, bound to the property's name. Memory, hashes
// and answers hold the clear value.
type Sealer struct {
	aead cipher.AEAD
	rand io.Reader
}

// NewSealer returns a sealer for a key of 32 bytes.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != 32 {
		return nil, fmt.Errorf("the metadata secret has %d bytes; 32 are needed", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Sealer{aead: aead, rand: rand.Reader}, err
}

func (s *Sealer) seal(plain []byte, bound string) ([]byte, error) {
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(plain)+s.aead.Overhead())
	if _, err := io.ReadFull(s.rand, nonce); err != nil {
		return nil, fmt.Errorf("no randomness for a nonce: %w", err)
	}
	return s.aead.Seal(nonce, nonce, plain, []byte(bound)), nil
}

func (s *Sealer) open(sealed []byte, bound string) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("a sealed value is cut short")
	}
	return s.aead.Open(nil, sealed[:n], sealed[n:], []byte(bound))
}

// sealChange returns the change as the store may see it.
func (s *Sealer) sealChange(c Change) (Change, error) {
	return s.mapMetadata(c, func(name, value string) (string, error) {
		body, err := s.seal([]byte(value), name)
		return sealedPrefix + base64.RawStdEncoding.EncodeToString(body), err
	})
}

// openChange returns the change as memory holds it. Without the key that sealed
// a value, the node must not serve.
func (s *Sealer) openChange(c Change) (Change, error) {
	return s.mapMetadata(c, func(name, value string) (string, error) {
		packed, ok := strings.CutPrefix(value, sealedPrefix)
		if !ok {
			return value, nil // written before a key was configured
		}
		if s == nil {
			return "", errors.New("sensitive metadata is sealed and no registry.metadata-secret-file is configured")
		}
		body, err := base64.RawStdEncoding.DecodeString(packed)
		if err != nil {
			return "", err
		}
		plain, err := s.open(body, name)
		if err != nil {
			return "", fmt.Errorf("the sensitive property %q cannot be opened with the configured metadata secret: %w", name, err)
		}
		return string(plain), nil
	})
}

// mapMetadata rewrites the sensitive values of a change; the change itself is
// not touched.
func (s *Sealer) mapMetadata(c Change, f func(name, value string) (string, error)) (Change, error) {
	var failed error
	edit := func(m *Metadata) *Metadata {
		if m == nil || len(m.Sensitive) == 0 {
			return m
		}
		out := *m
		out.Properties = maps.Clone(m.Properties)
		for _, name := range m.Sensitive {
			value, ok := m.Properties[name]
			if !ok {
				continue
			}
			next, err := f(name, value)
			if err != nil && failed == nil {
				failed = err
			}
			out.Properties[name] = next
		}
		return &out
	}
	switch c := c.(type) {
	case VersionRegistered:
		c.Metadata = edit(c.Metadata)
		return c, failed
	case ConfigChanged:
		if c.Config != nil {
			next := *c.Config
			next.DefaultMetadata, next.OverrideMetadata = edit(next.DefaultMetadata), edit(next.OverrideMetadata)
			c.Config = &next
		}
		return c, failed
	}
	return c, nil
}

// sealSnapshot and openSnapshot protect the whole state, which holds clear
// values.
func (s *Sealer) sealSnapshot(body []byte) ([]byte, error) {
	if s == nil {
		return body, nil
	}
	sealed, err := s.seal(body, "snapshot")
	return append([]byte(sealedPrefix), sealed...), err
}

func (s *Sealer) openSnapshot(body []byte) ([]byte, error) {
	if !strings.HasPrefix(string(body[:min(len(body), len(sealedPrefix))]), sealedPrefix) {
		return body, nil
	}
	if s == nil {
		return nil, errors.New("the snapshot is sealed and no metadata secret is configured")
	}
	return s.open(body[len(sealedPrefix):], "snapshot")
}
