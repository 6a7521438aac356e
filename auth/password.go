package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Costs of new argon2id hashes (RFC 9106, second recommended option), and the
// bounds of those we accept, since verifying one spends what it names.
const (
	argonTime, argonMemory, argonThreads = 3, 64 << 10, 4 // passes, KiB, lanes
	argonKey, argonSalt                  = 32, 16

	maxArgonTime, maxArgonMemory, maxArgonThreads = 16, 256 << 10, 16
	maxBcryptCost                                 = 14
	maxPasswordBytes                              = 1024
)

// passwordHash is one parsed hash of the users file.
type passwordHash struct {
	text            string
	bcrypt          bool
	time, memory    uint32
	threads         uint8
	salt, key       []byte
	keyLength, cost uint32
}

// HashPassword returns the argon2id hash of a password for a users file.
func HashPassword(password string) (string, error) {
	switch {
	case password == "":
		return "", errors.New("the password is empty")
	case len(password) > maxPasswordBytes:
		return "", fmt.Errorf("the password has %d bytes; %d are allowed", len(password), maxPasswordBytes)
	}
	salt := make([]byte, argonSalt)
	rand.Read(salt) // never fails: the runtime ends the process instead
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// parseHash reads an argon2id hash in PHC form or a bcrypt hash.
func parseHash(text string) (*passwordHash, error) {
	switch {
	case strings.HasPrefix(text, "$argon2id$"):
		return parseArgon(text)
	case strings.HasPrefix(text, "$2a$"), strings.HasPrefix(text, "$2b$"), strings.HasPrefix(text, "$2y$"):
		cost, err := bcrypt.Cost([]byte(text))
		if err != nil || len(text) != 60 {
			return nil, errors.New("the bcrypt hash is damaged")
		}
		if cost > maxBcryptCost {
			return nil, fmt.Errorf("the bcrypt cost is %d; at most %d is allowed", cost, maxBcryptCost)
		}
		return &passwordHash{text: text, bcrypt: true, cost: uint32(cost)}, nil
	default:
		return nil, errors.New(`the hash is neither argon2id ("$argon2id$…") nor bcrypt ("$2b$…"); make one with "registry user hash"`)
	}
}

func parseArgon(text string) (*passwordHash, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 {
		return nil, errors.New("the argon2id hash is damaged: it has five parts after dollar signs")
	}
	h := &passwordHash{text: text}
	var version int
	if n, err := fmt.Sscanf(parts[2], "v=%d", &version); n != 1 || err != nil || version != argon2.Version {
		return nil, fmt.Errorf("the argon2id hash has not the version v=%d", argon2.Version)
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); n != 3 || err != nil {
		return nil, errors.New("the argon2id hash is damaged: its costs have the form m=…,t=…,p=…")
	}
	if h.time < 1 || h.time > maxArgonTime || h.memory < 8 || h.memory > maxArgonMemory || h.threads < 1 || h.threads > maxArgonThreads {
		return nil, fmt.Errorf("the costs of the argon2id hash are out of bounds: m 8 to %d KiB, t 1 to %d, p 1 to %d", maxArgonMemory, maxArgonTime, maxArgonThreads)
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return nil, errors.New("the salt of the argon2id hash is damaged")
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.key) < 16 || len(h.key) > 64 {
		return nil, errors.New("the key of the argon2id hash is damaged")
	}
	h.keyLength = uint32(len(h.key))
	return h, nil
}

// verify spends the cost of the hash and compares in constant time.
func (h *passwordHash) verify(password string) bool {
	if len(password) > maxPasswordBytes {
		return false
	}
	if h.bcrypt {
		return bcrypt.CompareHashAndPassword([]byte(h.text), []byte(password)) == nil
	}
	got := argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, h.keyLength)
	return subtle.ConstantTimeCompare(got, h.key) == 1
}
