package sqllog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/registry"
)

func TestExplain(t *testing.T) {
	state := func(code string) error {
		return fmt.Errorf("step: %w", &StateError{State: code, Cause: errors.New("x")})
	}
	own := errors.New("the caller's own")
	for name, c := range map[string]struct {
		err   error
		class error // nil: a bug
	}{
		"serialisation":     {state("40001"), registry.ErrUnavailable},
		"deadlock":          {state("40P01"), registry.ErrUnavailable},
		"lock timeout":      {state("55P03"), registry.ErrUnavailable},
		"statement timeout": {state("57014"), registry.ErrUnavailable},
		"shutdown":          {state("57P01"), registry.ErrUnavailable},
		"starting up":       {state("57P03"), registry.ErrUnavailable},
		"connections":       {state("53300"), registry.ErrUnavailable},
		"read-only":         {state("25006"), registry.ErrUnavailable},
		"lost":              {state(StateConnectionLost), registry.ErrUnavailable},
		"password":          {state("28P01"), registry.ErrUnavailable},
		"privilege":         {state("42501"), registry.ErrUnavailable},
		"input and output":  {state("58030"), registry.ErrUnavailable},
		"disk full":         {state("53100"), registry.ErrDiskFull},
		"cancelled":         {context.Canceled, registry.ErrUnavailable},
		"late":              {context.DeadlineExceeded, registry.ErrUnavailable},
		"closed":            {errClosed, registry.ErrUnavailable},
		"rolled back":       {errRolledBack, registry.ErrUnavailable},
		"replaced":          {fmt.Errorf("%w: x", registry.ErrReplaced), registry.ErrReplaced},
		"unknown":           {unknown("x", state("08006")), registry.ErrUnknownOutcome},
		"guard":             {&GuardError{What: "x", Constraint: "y", Cause: state("23505")}, nil},
		"constraint":        {state("23514"), nil},
		"no table":          {state("42P01"), nil},
		"corrupt":           {state("XX001"), nil},
		"no state":          {errors.New("x"), nil},
		"strange state":     {state("?"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			err := explain("try", c.err)
			for _, class := range []error{
				registry.ErrUnavailable, registry.ErrDiskFull, registry.ErrUnknownOutcome, registry.ErrReplaced,
			} {
				if errors.Is(err, class) != (class == c.class) { //nolint:errorlint // compares two sentinels
					t.Errorf("%v is of class %q: %v", err, class, errors.Is(err, class))
				}
			}
			if !errors.Is(err, c.err) {
				t.Errorf("%v hides its cause", err)
			}
		})
	}
	if explain("try", nil) != nil {
		t.Error("no error became one")
	}
	if err := explain("try", decided{own}); err != own { //nolint:errorlint // as it is
		t.Errorf("the caller's own error became %v", err)
	}
}

func TestInsertChangesCoversEachRecordOnce(t *testing.T) {
	const columns = 7
	for _, n := range []int{1, 2, 3, 9, 10, 127, 128, 129, 999, 1000} {
		records := registry.Chain(registry.Head{}, make([]registry.Entry, n))
		next := int64(1)
		for _, s := range insertChanges(records) {
			if len(s.Args)%columns != 0 {
				t.Fatalf("%d records: a statement has %d arguments", n, len(s.Args))
			}
			if last := fmt.Sprintf("$%d)", len(s.Args)); !strings.HasSuffix(s.SQL, last) {
				t.Fatalf("%d records: a statement of %d arguments does not end in %s", n, len(s.Args), last)
			}
			for i := 0; i < len(s.Args); i += columns {
				if s.Args[i] != next {
					t.Fatalf("%d records: sequence %v comes instead of %d", n, s.Args[i], next)
				}
				next++
			}
		}
		if next != int64(n)+1 {
			t.Errorf("of %d records %d are written", n, next-1)
		}
	}
}

func TestGuardsKeepTheirOrderWhereItMatters(t *testing.T) {
	records := registry.Chain(registry.Head{}, make([]registry.Entry, 1))
	bind := registry.Guard{Op: registry.BindID, Context: ".", ID: 1}
	other := registry.Guard{Op: registry.BindID, Context: ".", ID: 1, Hash: registry.Hash{1}}
	add := registry.Guard{Op: registry.AddVersion, Context: ".", Subject: "s", Version: 1, ID: 1}
	drop := registry.Guard{Op: registry.DropVersion, Context: ".", Subject: "s", Version: 1}
	release := registry.Guard{Op: registry.ReleaseID, Context: ".", ID: 1}
	for name, c := range map[string]struct {
		list []registry.Guard
		want []string // "table rows"
	}{
		"ids before versions":      {[]registry.Guard{add, bind}, []string{"schema_id 1", "version 1"}},
		"one row only once":        {[]registry.Guard{bind, add, bind}, []string{"schema_id 1", "version 1"}},
		"two contents stay":        {[]registry.Guard{bind, other}, []string{"schema_id 2"}},
		"removal keeps the order":  {[]registry.Guard{add, drop, release, bind}, []string{"version 1", "version -", "schema_id -", "schema_id 1"}},
		"nothing":                  {nil, nil},
		"three versions, two rows": {[]registry.Guard{add, add, add}, []string{"version 2", "version 1"}},
	} {
		var got []string
		for _, s := range guards(slices.Clone(c.list), records) {
			table, columns := "version", 5
			if strings.Contains(s.SQL, "schema_id") {
				table, columns = "schema_id", 3
			}
			rows := fmt.Sprint(len(s.Args) / columns)
			if s.Guarded {
				rows = "-"
			}
			if s.What == "" || s.Point == "" {
				t.Errorf("%s: a statement without a name: %+v", name, s)
			}
			got = append(got, table+" "+rows)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: the statements are %q, want %q", name, got, c.want)
		}
	}
}
