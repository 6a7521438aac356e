package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"math/big"
	"strings"
)

// The form of an API token: a prefix that secret scanners find, 256 random bits
// and a checksum, both in base 62, so that a mistyped token is told from an
// unknown one.
const (
	TokenPrefix    = "instar_"
	randomDigits   = 43 // 62^43 > 2^256
	checksumDigits = 6  // 62^6 > 2^32
	TokenLength    = len(TokenPrefix) + randomDigits + checksumDigits
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

var (
	errTokenForm     = errors.New(`the token does not have the form of an API token ("instar_" and 49 letters or digits)`)
	errTokenChecksum = errors.New("the checksum of the token is wrong: it was cut or mistyped")
)

// NewToken returns a fresh secret. It is shown to the caller once; the registry
// keeps [HashToken] of it.
func NewToken() string {
	var b [32]byte
	rand.Read(b[:]) // never fails: the runtime ends the process instead
	digits := encode62(new(big.Int).SetBytes(b[:]), randomDigits)
	return TokenPrefix + digits + checksum62(digits)
}

// HashToken returns what the registry stores of a token: hex SHA-256.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// CheckToken tells whether a text has the form and checksum of an API token; it
// does not say that the token is known.
func CheckToken(token string) error {
	if len(token) != TokenLength || !strings.HasPrefix(token, TokenPrefix) {
		return errTokenForm
	}
	digits := token[len(TokenPrefix):]
	for i := 0; i < len(digits); i++ {
		if value62(digits[i]) < 0 {
			return errTokenForm
		}
	}
	var n uint64
	for _, c := range []byte(digits[randomDigits:]) {
		n = n*62 + uint64(value62(c))
	}
	if n != uint64(crc32.ChecksumIEEE([]byte(digits[:randomDigits]))) {
		return errTokenChecksum
	}
	return nil
}

func checksum62(digits string) string {
	return encode62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(digits)))), checksumDigits)
}

// encode62 writes n in base 62 with leading zeros.
func encode62(n *big.Int, width int) string {
	out := make([]byte, width)
	base, digit := big.NewInt(62), new(big.Int)
	for i := width - 1; i >= 0; i-- {
		n.DivMod(n, base, digit)
		out[i] = base62[digit.Int64()]
	}
	return string(out)
}

func value62(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 36
	default:
		return -1
	}
}
