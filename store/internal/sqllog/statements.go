package sqllog

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/internal/failpoint"
)

// statements lists what an append writes, in order: records first, because
// versions refer to them; dropped texts before stored ones, so that a text that
// is in both lists stays; the head last.
func (l *Log) statements(records []registry.Record, add registry.Append) []Stmt {
	out := insertChanges(records)
	for _, h := range add.Drop {
		out = append(out, Stmt{
			Point: failpoint.TextDrop, What: fmt.Sprintf("drop text %x", h),
			SQL: `DELETE FROM schema_text WHERE hash = $1`, Args: []any{h[:]},
		})
	}
	out = append(out, insertTexts(add.Texts)...)
	out = append(out, guards(add.Guards, records)...)
	out = append(out, Stmt{
		Point: failpoint.HeadMove, What: "move the head", // whose row is there: it is locked
		SQL: `UPDATE head SET seq = $1 WHERE one = 1`, Args: []any{records[len(records)-1].Seq},
	})
	if l.notify != "" {
		out = append(out, Stmt{Point: failpoint.Notify, What: "notify the other nodes", SQL: l.notify})
	}
	return out
}

// rowsMost is the most rows of one INSERT.
const rowsMost = 128

// insert is an INSERT of several rows, in statements of 1, 2, 4 … rows, so that
// the databases see few texts and can keep them prepared.
type insert struct {
	point, what string
	columns     int
	texts       map[int]string // by rows
}

func newInsert(point, what, into, end string, columns int) insert {
	i := insert{point: point, what: what, columns: columns, texts: map[int]string{}}
	for rows := 1; rows <= rowsMost; rows *= 2 {
		var b strings.Builder
		b.WriteString("INSERT INTO " + into + " VALUES ")
		for row := range rows {
			if row > 0 {
				b.WriteString(", ")
			}
			b.WriteString("(" + parameters(row*columns+1, columns) + ")")
		}
		i.texts[rows] = b.String() + end
	}
	return i
}

// of returns the statements that insert n rows; row appends the values of one,
// and describe names it in errors.
func (i insert) of(n int, describe func(int) string, row func([]any, int) []any) []Stmt {
	var out []Stmt
	for from := 0; from < n; {
		rows := rowsMost
		for rows > n-from {
			rows /= 2
		}
		s := Stmt{Point: i.point, SQL: i.texts[rows], What: i.what + describe(from), Args: make([]any, 0, rows*i.columns)}
		if rows > 1 {
			s.What += fmt.Sprintf(" and %d more up to %s", rows-1, describe(from+rows-1))
		}
		for at := from; at < from+rows; at++ {
			s.Args = row(s.Args, at)
		}
		out, from = append(out, s), from+rows
	}
	return out
}

var (
	changeInsert  = newInsert(failpoint.ChangeInsert, "insert record ", "change (seq, at, actor, request, kind, payload, prev_hash)", "", 7)
	textInsert    = newInsert(failpoint.TextInsert, "store text ", "schema_text (hash, body)", " ON CONFLICT DO NOTHING", 2)
	versionInsert = newInsert(failpoint.GuardAdd, "", "version (context, subject, version, id, seq)", "", 5)
	// A row that is there with the same content stays as it is; other content
	// would become NULL, which the column forbids.
	idInsert = newInsert(failpoint.GuardBind, "", "schema_id (context, id, hash)",
		" ON CONFLICT (context, id) DO UPDATE SET hash = CASE WHEN schema_id.hash = excluded.hash THEN excluded.hash END", 3)
)

func insertChanges(records []registry.Record) []Stmt {
	return changeInsert.of(len(records), func(i int) string { return strconv.FormatInt(records[i].Seq, 10) }, func(args []any, i int) []any {
		r := &records[i]
		return append(args, r.Seq, r.At, r.Actor, r.Request, r.Kind, r.Payload, r.PrevHash[:])
	})
}

func insertTexts(texts []registry.Text) []Stmt {
	return textInsert.of(len(texts), func(i int) string { return fmt.Sprintf("%x", texts[i].Hash) }, func(args []any, i int) []any {
		return append(args, texts[i].Hash[:], texts[i].Body)
	})
}

// parameters writes "$4, $5, $6" for (4, 3).
func parameters(first, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("$%d", first+i)
	}
	return strings.Join(list, ", ")
}

// guards writes the guards in their order, but for those that only add: there
// the ids are bound before versions refer to them, many rows at a time.
func guards(list []registry.Guard, records []registry.Record) []Stmt {
	var bind, add []registry.Guard
	for _, g := range list {
		switch g.Op {
		case registry.BindID:
			bind = append(bind, g)
		case registry.AddVersion:
			add = append(add, g)
		default:
			return guardsInOrder(list, records)
		}
	}
	return append(bindIDs(distinct(bind)), addVersions(add, records)...)
}

func guardsInOrder(list []registry.Guard, records []registry.Record) []Stmt {
	var out []Stmt
	for i, g := range list {
		switch one := list[i : i+1]; g.Op {
		case registry.BindID:
			out = append(out, bindIDs(one)...)
		case registry.AddVersion:
			out = append(out, addVersions(one, records)...)
		default:
			out = append(out, remove(g))
		}
	}
	return out
}

// distinct drops repetitions: one INSERT must not meet the same row twice. An id
// with two contents stays twice, and strikes.
func distinct(bind []registry.Guard) []registry.Guard {
	seen := make(map[registry.Guard]bool, len(bind))
	out := bind[:0]
	for _, g := range bind {
		if key := (registry.Guard{Context: g.Context, ID: g.ID, Hash: g.Hash}); !seen[key] {
			seen[key] = true
			out = append(out, g)
		}
	}
	return out
}

func bindIDs(list []registry.Guard) []Stmt {
	return idInsert.of(len(list), func(i int) string { return Describe(list[i]) }, func(args []any, i int) []any {
		return append(args, list[i].Context, list[i].ID, list[i].Hash[:])
	})
}

func addVersions(list []registry.Guard, records []registry.Record) []Stmt {
	return versionInsert.of(len(list), func(i int) string { return Describe(list[i]) }, func(args []any, i int) []any {
		g := &list[i]
		return append(args, g.Context, g.Subject, g.Version, g.ID, records[g.Entry].Seq)
	})
}

// Describe says what a guard does, for errors.
func Describe(g registry.Guard) string {
	switch g.Op {
	case registry.BindID:
		return fmt.Sprintf("bind id %d in context %q", g.ID, g.Context)
	case registry.ReleaseID:
		return fmt.Sprintf("release id %d in context %q", g.ID, g.Context)
	case registry.AddVersion:
		return fmt.Sprintf("add version %d of subject %q in context %q with id %d", g.Version, g.Subject, g.Context, g.ID)
	default:
		return fmt.Sprintf("drop version %d of subject %q in context %q", g.Version, g.Subject, g.Context)
	}
}

// remove writes a guard that takes a row away; if there is none, it strikes.
func remove(g registry.Guard) Stmt {
	s := Stmt{What: Describe(g), Guarded: true}
	if g.Op == registry.ReleaseID {
		s.Point = failpoint.GuardRelease
		s.SQL = `DELETE FROM schema_id WHERE context = $1 AND id = $2`
		s.Args = []any{g.Context, g.ID}
		s.Miss = "the id is not bound"
		return s
	}
	s.Point = failpoint.GuardDrop // CheckAppend refused everything else
	s.SQL = `DELETE FROM version WHERE context = $1 AND subject = $2 AND version = $3`
	s.Args = []any{g.Context, g.Subject, g.Version}
	s.Miss = "the version does not exist"
	return s
}
