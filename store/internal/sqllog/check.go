package sqllog

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/registry"
)

// The bounds of one transaction.
const (
	MaxEntries = 1000
	MaxBytes   = 8 << 20
)

// CheckAppend refuses what no engine may store, so that all of them refuse the
// same: too much for one transaction, text that PostgreSQL cannot hold, a text
// under a wrong address, a guard that names no entry. Each is a bug of the
// caller.
func CheckAppend(a registry.Append) error {
	if n := len(a.Entries); n > MaxEntries {
		return fmt.Errorf("append %d entries: a transaction holds at most %d; split it", n, MaxEntries)
	}
	size := 0
	for i, e := range a.Entries {
		if e.Kind == "" {
			return fmt.Errorf("append entry %d: the kind is empty", i)
		}
		for _, s := range []string{e.Actor, e.Request, e.Kind, e.Payload} {
			if err := checkText(s); err != nil {
				return fmt.Errorf("append entry %d of kind %q: %w", i, e.Kind, err)
			}
			size += len(s)
		}
	}
	for _, t := range a.Texts {
		if registry.Hash(sha256.Sum256([]byte(t.Body))) != t.Hash {
			return fmt.Errorf("store text %x: the hash is not the SHA-256 of the body", t.Hash)
		}
		if err := checkText(t.Body); err != nil {
			return fmt.Errorf("store text %x: %w", t.Hash, err)
		}
		size += len(t.Body)
	}
	if size > MaxBytes {
		return fmt.Errorf("append %d bytes: a transaction holds at most %d; split it", size, MaxBytes)
	}
	for i, g := range a.Guards {
		if err := checkGuard(g, len(a.Entries)); err != nil {
			return fmt.Errorf("apply guard %d: %w", i, err)
		}
	}
	return nil
}

func checkText(s string) error {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return fmt.Errorf("the text has a NUL character at byte %d, which the database cannot hold", i)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("the text is not valid UTF-8")
	}
	return nil
}

func checkGuard(g registry.Guard, entries int) error {
	for _, s := range []string{g.Context, g.Subject} {
		if err := checkText(s); err != nil {
			return err
		}
	}
	switch g.Op {
	case registry.BindID, registry.ReleaseID, registry.DropVersion:
		return nil
	case registry.AddVersion:
		if g.Entry < 0 || g.Entry >= entries {
			return fmt.Errorf("the version names entry %d of %d", g.Entry, entries)
		}
		return nil
	default:
		return fmt.Errorf("unknown operation %d", g.Op)
	}
}

// CheckFollows says whether a log that ends at head can be the one that after
// belongs to. Epoch 0 in after means that the caller has not seen one yet.
func CheckFollows(after, head registry.Head) error {
	if after.Epoch != 0 && head.Epoch != after.Epoch {
		return fmt.Errorf("%w: it is in epoch %d and this node in %d", registry.ErrReplaced, head.Epoch, after.Epoch)
	}
	if head.Seq < after.Seq {
		return fmt.Errorf("%w: it ends at %d and this node has seen %d", registry.ErrReplaced, head.Seq, after.Seq)
	}
	return nil
}

// Follow verifies records that start at after.Seq itself (or at 1, if after is
// the beginning) and returns those behind it. Starting one record early proves
// that the log still holds what the caller has seen, even when nothing is new.
func Follow(after registry.Head, records []registry.Record) ([]registry.Record, registry.Head, error) {
	if after.Seq > 0 {
		if len(records) == 0 || records[0].Seq != after.Seq {
			return nil, after, fmt.Errorf("%w: record %d is missing", registry.ErrReplaced, after.Seq)
		}
		if records[0].Hash() != after.Hash {
			return nil, after, fmt.Errorf("%w: record %d is not the one that this node has seen", registry.ErrReplaced, after.Seq)
		}
		records = records[1:]
	}
	head, err := registry.VerifyChain(after, records)
	return records, head, err
}

// Among verifies records behind a sequence of which the caller holds no hash:
// the link to it is believed, unless it is the beginning, and all others are
// checked.
func Among(after int64, records []registry.Record) error {
	at := registry.Head{Seq: after}
	if after > 0 && len(records) > 0 {
		at.Hash = records[0].PrevHash
	}
	_, err := registry.VerifyChain(at, records)
	return err
}
