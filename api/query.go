package api

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// paramKind is how a query parameter is read.
type paramKind uint8

const (
	boolean  paramKind = iota // true or false in any case, empty is false
	natural                   // 0 … 2³¹−1
	integer                   // −2³¹ … 2³¹−1
	text                      // anything, the first one counts
	list                      // repeatable
	sequence                  // 0 … 2⁶³−1
)

// param is a query parameter that a route reads.
type param struct {
	name string
	kind paramKind
}

// Parameters that several routes share.
var (
	pDeleted     = param{"deleted", boolean}
	pDeletedOnly = param{"deletedOnly", boolean}
	pFormat      = param{"format", text}
	pNormalize   = param{"normalize", boolean}
	pSubject     = param{"subject", text}
	pPrefix      = param{"subjectPrefix", text}
	pPermanent   = param{"permanent", boolean}
	pForce       = param{"force", boolean}
	pRefFormat   = param{"referenceFormat", text}
	pFindTags    = param{"findTags", list}
	pOffset      = param{"offset", natural}
	pLimit       = param{"limit", integer}
	pCursor      = param{"cursor", text}
	pGlobal      = param{"defaultToGlobal", boolean}
	pExplain     = param{"explain", boolean}
)

// maxListed bounds how often a repeatable parameter is read.
const maxListed = 1000

// arg is the value of one parameter of a request.
type arg struct {
	set    bool
	text   string
	number int64
	list   []string
}

// readQuery reads the parameters that the route knows from a raw query; others
// are ignored. The first of a repeated parameter counts.
func readQuery(raw string, params []param) ([]arg, error) {
	args := make([]arg, len(params))
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		key, value, _ := strings.Cut(pair, "=")
		if pair == "" {
			continue
		}
		name, err := url.QueryUnescape(key)
		if err != nil {
			return nil, badRequest("The query has a broken %%-escape in the name %q", key)
		}
		i := indexOfParam(params, name)
		if i < 0 || args[i].set && params[i].kind != list {
			continue
		}
		decoded, err := url.QueryUnescape(value)
		if err != nil || !utf8.ValidString(decoded) {
			return nil, badRequest("The query parameter %s has a broken %%-escape or is not UTF-8: %q", name, value)
		}
		if err := args[i].read(params[i], decoded); err != nil {
			return nil, err
		}
	}
	return args, nil
}

func indexOfParam(params []param, name string) int {
	for i := range params {
		if params[i].name == name {
			return i
		}
	}
	return -1
}

func (a *arg) read(p param, value string) error {
	a.set, a.text = true, value
	switch p.kind {
	case boolean:
		switch {
		case value == "", strings.EqualFold(value, "false"):
		case strings.EqualFold(value, "true"):
			a.number = 1
		default:
			return badRequest("The query parameter %s is %q; true and false are known", p.name, value)
		}
	case natural:
		return a.readNumber(p.name, 0, math.MaxInt32)
	case integer:
		return a.readNumber(p.name, math.MinInt32, math.MaxInt32)
	case sequence:
		return a.readNumber(p.name, 0, math.MaxInt64)
	case list:
		if len(a.list) >= maxListed {
			return badRequest("The query parameter %s is repeated more than %d times", p.name, maxListed)
		}
		a.list = append(a.list, value)
	}
	return nil
}

func (a *arg) readNumber(name string, low, high int64) error {
	if a.text == "" {
		a.set = false
		return nil
	}
	n, err := strconv.ParseInt(a.text, 10, 64)
	if err != nil || n < low || n > high {
		return badRequest("The query parameter %s is %q; it must be a whole number between %d and %d", name, a.text, low, high)
	}
	a.number = n
	return nil
}
