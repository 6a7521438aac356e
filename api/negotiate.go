package api

import (
	"strconv"
	"strings"

	"github.com/instar-registry/instar/api/wire"
)

// media is one of the types that an answer can have.
type media uint8

const (
	mediaV1 media = iota
	mediaUnversioned
	mediaJSON
	mediaInstar
	mediaNDJSON
	mediaEvents
	mediaFrames
	mediaKinds
)

var mediaNames = [mediaKinds]string{
	wire.TypeV1, wire.TypeUnversioned, wire.TypeJSON, wire.TypeInstar, wire.TypeNDJSON, wire.TypeEvents, wire.TypeFrames,
}

// mediaHeaders are the values of Content-Type, shared by all answers.
var mediaHeaders = func() (out [mediaKinds][]string) {
	for i, name := range mediaNames {
		out[i] = []string{name}
	}
	return out
}()

// mediaQuality is how much the server likes to send each type, in thousandths.
// Detail and streams are sent only to those who name them.
var mediaQuality = [mediaKinds]int{1000, 900, 500, 1000, 1000, 1000, 1000}

// bodies are the types of ordinary answers, in the order that decides ties.
var bodies = []media{mediaV1, mediaUnversioned, mediaJSON}

// negotiate picks the type of the answer from the Accept headers. streams adds
// the types of streams to the choice. ok is false if nothing fits.
func negotiate(accept []string, streams bool) (m media, ok bool) {
	if len(accept) == 0 {
		return mediaV1, true
	}
	if len(accept) == 1 {
		switch accept[0] {
		case "", "*/*", wire.TypeV1:
			return mediaV1, true
		case wire.TypeInstar:
			return mediaInstar, true
		case wire.TypeJSON:
			return mediaJSON, true
		}
	}
	best := -1
	for _, line := range accept {
		for line != "" {
			var item string
			item, line, _ = strings.Cut(line, ",")
			name, quality := acceptItem(item)
			if quality == 0 {
				continue
			}
			got, score := matchMedia(name, quality, streams)
			if score > best {
				m, best = got, score
			}
		}
	}
	return m, best >= 0
}

// matchMedia returns the type that one item of Accept selects, or score -1.
// Named detail and streams win ties against the ordinary types.
func matchMedia(name string, quality int, streams bool) (media, int) {
	switch {
	case name == "*/*" || name == "application/*":
		return mediaV1, quality * mediaQuality[mediaV1] * 2
	case strings.EqualFold(name, wire.TypeInstar):
		return mediaInstar, quality*mediaQuality[mediaInstar]*2 + 1
	case streams && strings.EqualFold(name, wire.TypeNDJSON):
		return mediaNDJSON, quality*mediaQuality[mediaNDJSON]*2 + 1
	case streams && strings.EqualFold(name, wire.TypeEvents):
		return mediaEvents, quality*mediaQuality[mediaEvents]*2 + 1
	case streams && strings.EqualFold(name, wire.TypeFrames):
		return mediaFrames, quality*mediaQuality[mediaFrames]*2 + 1
	}
	for _, m := range bodies {
		if strings.EqualFold(name, mediaNames[m]) {
			return m, quality * mediaQuality[m] * 2
		}
	}
	return 0, -1
}

// acceptItem splits one item of Accept into its type and quality in
// thousandths. A quality that cannot be read counts as 1.
func acceptItem(item string) (name string, quality int) {
	name, params, _ := strings.Cut(item, ";")
	quality = 1000
	for params != "" {
		var p string
		p, params, _ = strings.Cut(params, ";")
		key, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if !strings.EqualFold(key, "q") {
			continue
		}
		if q, err := strconv.ParseFloat(value, 64); err == nil && q >= 0 && q <= 1 {
			quality = int(q*1000 + 0.5)
		}
	}
	return strings.TrimSpace(name), quality
}

// acceptsGzip reports whether the client takes gzip.
func acceptsGzip(header []string) bool {
	for _, line := range header {
		if line == "gzip" {
			return true
		}
		for line != "" {
			var item string
			item, line, _ = strings.Cut(line, ",")
			name, quality := acceptItem(item)
			if quality > 0 && (strings.EqualFold(name, "gzip") || name == "*") {
				return true
			}
		}
	}
	return false
}

// consumes checks the type of a request body. A missing one is taken for JSON.
func consumes(header []string) error {
	if len(header) == 0 || header[0] == "" || header[0] == wire.TypeV1 || header[0] == wire.TypeJSON {
		return nil
	}
	name, params, _ := strings.Cut(header[0], ";")
	name = strings.TrimSpace(name)
	known := strings.EqualFold(name, "application/octet-stream")
	for _, m := range []media{mediaV1, mediaUnversioned, mediaJSON, mediaInstar} {
		known = known || strings.EqualFold(name, mediaNames[m])
	}
	if !known {
		return refuse(415, "HTTP 415 Unsupported Media Type: found Content-Type %q; send the header Content-Type: %s", clip(name, 100), wire.TypeV1)
	}
	for params != "" {
		var p string
		p, params, _ = strings.Cut(params, ";")
		key, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		value = strings.Trim(value, `"`)
		if strings.EqualFold(key, "charset") && !strings.EqualFold(value, "utf-8") && !strings.EqualFold(value, "utf8") && !strings.EqualFold(value, "us-ascii") {
			return refuse(415, "HTTP 415 Unsupported Media Type: found charset %q; send the body as UTF-8", clip(value, 40))
		}
	}
	return nil
}

// clip shortens user text for a message.
func clip(s string, max int) string {
	if len(s) <= max {
		return s
	}
	return strings.ToValidUTF8(s[:max], "") + "…"
}
