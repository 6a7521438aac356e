package sqllog

import (
	"fmt"
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
	for _, t := range add.Texts {
		out = append(out, Stmt{
			Point: failpoint.TextInsert, What: fmt.Sprintf("store text %x", t.Hash),
			SQL:  `INSERT INTO schema_text (hash, body) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
			Args: []any{t.Hash[:], t.Body},
		})
	}
	for _, g := range add.Guards {
		out = append(out, guard(g, records))
	}
	out = append(out, Stmt{
		Point: failpoint.HeadMove, What: "move the head",
		SQL:     `UPDATE head SET seq = $1 WHERE one = 1`,
		Args:    []any{records[len(records)-1].Seq},
		Guarded: true, Miss: "table head has no row",
	})
	if l.notify != "" {
		out = append(out, Stmt{Point: failpoint.Notify, What: "notify the other nodes", SQL: l.notify})
	}
	return out
}

// insertChanges uses statements of 100, 10 and 1 rows, so that the databases
// see three texts and can keep them prepared.
func insertChanges(records []registry.Record) []Stmt {
	var out []Stmt
	for len(records) > 0 {
		n := 1
		for _, size := range []int{100, 10} {
			if len(records) >= size {
				n = size
				break
			}
		}
		s := Stmt{
			Point: failpoint.ChangeInsert, SQL: insertChange[n],
			What: fmt.Sprintf("insert records %d to %d", records[0].Seq, records[n-1].Seq),
			Args: make([]any, 0, n*changeColumns),
		}
		for i := range records[:n] {
			r := &records[i]
			s.Args = append(s.Args, r.Seq, r.At, r.Actor, r.Request, r.Kind, r.Payload, r.PrevHash[:])
		}
		out = append(out, s)
		records = records[n:]
	}
	return out
}

const changeColumns = 7

var insertChange = map[int]string{1: insertRows(1), 10: insertRows(10), 100: insertRows(100)}

func insertRows(n int) string {
	var b strings.Builder
	b.WriteString(`INSERT INTO change (seq, at, actor, request, kind, payload, prev_hash) VALUES `)
	for row := range n {
		if row > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + parameters(row*changeColumns+1, changeColumns) + ")")
	}
	return b.String()
}

// parameters writes "$4, $5, $6" for (4, 3).
func parameters(first, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("$%d", first+i)
	}
	return strings.Join(list, ", ")
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

// guard writes one guard as a statement that touches exactly one row, or else
// the guard strikes.
func guard(g registry.Guard, records []registry.Record) Stmt {
	s := Stmt{What: Describe(g), Guarded: true}
	switch g.Op {
	case registry.BindID:
		s.Point = failpoint.GuardBind
		// Updating to the same value touches one row if the content is the
		// same and none if it is not, without a second question.
		s.SQL = `INSERT INTO schema_id (context, id, hash) VALUES ($1, $2, $3)
			ON CONFLICT (context, id) DO UPDATE SET hash = excluded.hash WHERE schema_id.hash = excluded.hash`
		s.Args = []any{g.Context, g.ID, g.Hash[:]}
		s.Miss = "violates schema_id_pk: the id is bound to other content"
	case registry.ReleaseID:
		s.Point = failpoint.GuardRelease
		s.SQL = `DELETE FROM schema_id WHERE context = $1 AND id = $2`
		s.Args = []any{g.Context, g.ID}
		s.Miss = "the id is not bound"
	case registry.AddVersion:
		s.Point = failpoint.GuardAdd
		s.SQL = `INSERT INTO version (context, subject, version, id, seq) VALUES ($1, $2, $3, $4, $5)`
		s.Args = []any{g.Context, g.Subject, g.Version, g.ID, records[g.Entry].Seq}
		s.Miss = "no row was inserted"
	default: // DropVersion; CheckAppend refused everything else
		s.Point = failpoint.GuardDrop
		s.SQL = `DELETE FROM version WHERE context = $1 AND subject = $2 AND version = $3`
		s.Args = []any{g.Context, g.Subject, g.Version}
		s.Miss = "the version does not exist"
	}
	return s
}
