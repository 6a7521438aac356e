package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/instar-registry/instar/registry"
)

// gzipFrom is the size in bytes from which answers are compressed on request.
const gzipFrom = 1 << 10

// rendered is a body that was encoded once and can be sent many times, with the
// header values that go with it. It is immutable but for the compressed form,
// which is made when first asked for.
type rendered struct {
	plain  []byte
	length []string
	tag    string // entity tag without quotes and suffixes
	tags   [2][]string
	noZip  bool
	zipped atomic.Pointer[zipped]
}

type zipped struct {
	body   []byte
	length []string
}

// render wraps a body. The tag is its hash.
func render(body []byte) *rendered {
	sum := sha256.Sum256(body)
	return renderTagged(body, hex.EncodeToString(sum[:8]))
}

// renderTagged wraps a body under a given entity tag.
func renderTagged(body []byte, tag string) *rendered {
	return &rendered{
		plain: body, length: []string{strconv.Itoa(len(body))}, tag: tag,
		tags: [2][]string{{`"` + tag + `"`}, {`"` + tag + `-gzip"`}},
	}
}

// once wraps a body that is sent to one client and kept by nobody.
func once(body []byte) *rendered {
	return &rendered{plain: body, length: []string{strconv.Itoa(len(body))}}
}

// entityTag returns the value of ETag for one representation.
func (b *rendered) entityTag(m media, compressed bool) []string {
	i := 0
	if compressed {
		i = 1
	}
	if m == mediaV1 || b.noZip {
		return b.tags[i]
	}
	return []string{strings.TrimSuffix(b.tags[i][0], `"`) + "." + strconv.Itoa(int(m)) + `"`}
}

// compressed returns the gzip form, or nil if it is not worth it.
func (b *rendered) compressed() *zipped {
	if b.noZip || len(b.plain) < gzipFrom {
		return nil
	}
	if z := b.zipped.Load(); z != nil {
		return z
	}
	body := compress(b.plain)
	z := &zipped{body, []string{strconv.Itoa(len(body))}}
	b.zipped.Store(z)
	return z
}

// size is what keeping the body costs.
func (b *rendered) size() int64 { return int64(len(b.plain)) * 5 / 4 }

var zippers = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return z
}}

func compress(plain []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(plain)/3 + 64)
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(&out)
	// Writing to a bytes.Buffer cannot fail.
	_, _ = z.Write(plain)
	_ = z.Close()
	return out.Bytes()
}

// bodyKind of rendered answers: what they show of a content.
type shows uint8

const (
	showsByID       shows = iota + 1 // the answer by id or GUID
	showsText                        // the raw text
	showsVersion                     // the answer by subject and version
	showsQualified                   // with qualified references
	showsRegistered                  // the answer to a registration
)

// bodyKey is everything that a rendered body depends on.
type bodyKey struct {
	shows   shows
	format  string
	content *registry.Content
	name    registry.Name
	version int
	id      int64
	at      int64
	deleted bool
}

func (a *API) hashKey(k *bodyKey) uint64 {
	h := binary.LittleEndian.Uint64(k.content.Identity[:])
	h ^= uint64(k.shows)*0x9e3779b97f4a7c15 + uint64(k.version)*0xbf58476d1ce4e5b9 + uint64(k.id)*0x94d049bb133111eb
	if k.name.Subject != "" {
		h ^= maphash.String(a.seed, k.name.Subject)
	}
	return h ^ h>>29
}

// body returns a rendered body from memory, or makes and keeps it.
func (a *API) body(k bodyKey, make func() ([]byte, error)) (*rendered, error) {
	hash := a.hashKey(&k)
	if b, ok := a.bodies.get(hash, k); ok {
		return b, nil
	}
	plain, err := make()
	if err != nil {
		return nil, err
	}
	b := render(plain)
	a.bodies.put(hash, k, b, b.size())
	return b, nil
}
