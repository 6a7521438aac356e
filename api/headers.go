package api

import (
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/api/wire"
)

// freshness says how long an answer may be kept by others.
type freshness uint8

const (
	noStore    freshness = iota // errors, writes, access, feed
	revalidate                  // versions, lists, config, mode: with an ETag
	forDay                      // by id: a day, since an import may release an id
	forYear                     // by GUID
	freshnesses
)

// cacheControls are the values of Cache-Control; shared caches keep nothing
// when access is controlled.
func cacheControls(private bool) (out [freshnesses][]string) {
	who := "public"
	if private {
		who = "private"
	}
	out[noStore] = []string{"no-store"}
	out[revalidate] = []string{"no-cache"}
	out[forDay] = []string{who + ", max-age=86400, immutable"}
	out[forYear] = []string{who + ", max-age=31536000, immutable"}
	return out
}

// Header values that every answer shares. They are never appended to in place,
// because their capacity equals their length.
var (
	varyHeader    = []string{"Accept, Accept-Encoding"}
	nosniffHeader = []string{"nosniff"}
	gzipHeader    = []string{"gzip"}
)

// seqHeader is the value of X-Instar-Seq for one state.
type seqHeader struct {
	seq   int64
	value []string
}

// seqValue returns the header for a sequence, made once per published state.
func (a *API) seqValue(seq int64) []string {
	if h := a.seq.Load(); h != nil && h.seq == seq {
		return h.value
	}
	h := &seqHeader{seq, []string{strconv.FormatInt(seq, 10)}}
	a.seq.Store(h)
	return h.value
}

// requestID returns the id of a request as a header value: the client's if it is
// well-formed, else a new one. given tells which.
func requestID(r *http.Request) (value []string, given bool) {
	if sent := r.Header[wire.HeaderRequestID]; len(sent) == 1 && validID(sent[0]) {
		return sent, true
	}
	var raw [16]byte
	for i := 0; i < 16; i += 8 {
		n := rand.Uint64()
		for j := range 8 {
			raw[i+j] = byte(n >> (8 * j))
		}
	}
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	var text [36]byte
	hex.Encode(text[:8], raw[:4])
	hex.Encode(text[9:13], raw[4:6])
	hex.Encode(text[14:18], raw[6:8])
	hex.Encode(text[19:23], raw[8:10])
	hex.Encode(text[24:], raw[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return []string{string(text[:])}, false
}

// maxID bounds request ids and idempotency keys.
const maxIDBytes = 128

func validID(s string) bool {
	if s == "" || len(s) > maxIDBytes {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == ':', c == '-':
		default:
			return false
		}
	}
	return true
}

// tagMatches reports whether If-None-Match names the entity tag. Weak and
// strong tags are the same to it.
func tagMatches(header []string, tag string) bool {
	for _, line := range header {
		if line == tag || line == "*" {
			return true
		}
		for line != "" {
			var item string
			item, line, _ = strings.Cut(line, ",")
			item = strings.TrimPrefix(strings.TrimSpace(item), "W/")
			if item == tag || item == "*" {
				return true
			}
		}
	}
	return false
}

// remoteAddress returns the address of the client: the connection's, or what a
// trusted proxy says about it.
func (a *API) remoteAddress(r *http.Request) string {
	address := hostOf(r.RemoteAddr)
	if len(a.opt.TrustedProxies) == 0 || !a.trusted(address) {
		return address
	}
	forwarded := strings.Join(r.Header["X-Forwarded-For"], ",")
	for forwarded != "" {
		var last string
		if i := strings.LastIndexByte(forwarded, ','); i >= 0 {
			forwarded, last = forwarded[:i], forwarded[i+1:]
		} else {
			forwarded, last = "", forwarded
		}
		last = hostOf(strings.TrimSpace(last))
		if _, err := netip.ParseAddr(last); err != nil {
			return address
		}
		if address = last; !a.trusted(address) {
			break
		}
	}
	return address
}

func (a *API) trusted(address string) bool {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	ip = ip.Unmap().WithZone("")
	for _, p := range a.opt.TrustedProxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// hostOf drops the port of an address.
func hostOf(address string) string {
	if strings.HasPrefix(address, "[") {
		if end := strings.IndexByte(address, ']'); end > 0 {
			return address[1:end]
		}
		return address
	}
	if i := strings.LastIndexByte(address, ':'); i >= 0 && strings.IndexByte(address, ':') == i {
		return address[:i]
	}
	return address
}
