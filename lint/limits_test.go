package lint

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestLimitsOfARun: each limit is refused by name, value and what to do, and the
// run is not complete.
func TestLimitsOfARun(t *testing.T) {
	tree := map[string]string{}
	for i := range 5 {
		tree[fmt.Sprintf("a/%d.proto", i)] = fmt.Sprintf("syntax = \"proto3\";\nmessage M { string s%d = 1; }\n", i)
	}
	changed := map[string]string{}
	for name, text := range tree {
		changed[name] = text + "// changed\n"
	}
	for _, c := range []struct{ limits, history, want string }{
		{"files: 4", "none", "5 schema files are matched; limits.files is 4"},
		{"total-bytes: 100", "none", "have more bytes than limits.total-bytes, 100, with "},
		{"versions: 2", "files", "more than 2 versions"},
	} {
		text := "instar: evcheck/v1\nsources: [{match: '**/*.proto', subject: '{path}', level: BACKWARD, history: " + c.history + "}]\nlimits: {" + c.limits + "}\n"
		if c.history == "files" {
			text = strings.NewReplacer("{path}", "one", "BACKWARD", "BACKWARD_TRANSITIVE").Replace(text)
		}
		config, err := ReadConfig(ConfigFile, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Compare(t.Context(), Request{
			Head: NewMemoryTree("head", changed), Bases: []Base{{Tree: NewMemoryTree("base", tree)}}, Config: config,
		})
		var in *InputError
		if !errors.As(err, &in) || !strings.Contains(in.What, c.want) || in.Hint == "" || r.Complete {
			t.Errorf("limits: {%s}: %v, complete: %v", c.limits, err, r.Complete)
		}
	}
	if _, err := ReadConfig(ConfigFile, []byte("instar: evcheck/v1\n#"+strings.Repeat(" ", 256<<10))); err == nil {
		t.Error("a configuration of more than 256 KiB is read")
	}
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	if _, err := ReadConfig(ConfigFile, []byte("instar: evcheck/v1\nsources: "+deep)); err == nil {
		t.Error("a configuration nested 40 deep is read")
	}
}

// TestProgress: all that is looked at and judged is counted once.
func TestProgress(t *testing.T) {
	now := edited(shop, "lib/money.avsc", `"long"`, `"string"`)
	var last Progress
	calls := 0
	r := against(t, shop, now, func(q *Request) {
		q.Jobs = 4
		q.Progress = func(p Progress) {
			if p.Read < last.Read || p.Done < last.Done || p.Read > p.Files || p.Done > p.Pairs {
				t.Errorf("%+v after %+v", p, last)
			}
			last = p
			calls++
		}
	})
	if last.Done != last.Pairs || last.Pairs == 0 || last.Read != last.Files || last.Files == 0 || last.Findings < len(r.Findings) || calls < last.Pairs {
		t.Errorf("%d calls, the last %+v, %d findings", calls, last, len(r.Findings))
	}
}

// TestInterruptedRunIsNotComplete: a run that is cut off reports what it has and
// no verdict.
func TestInterruptedRunIsNotComplete(t *testing.T) {
	base, head := map[string]string{}, map[string]string{}
	for i := range 50 {
		name := fmt.Sprintf("m%d.proto", i)
		base[name] = fmt.Sprintf("syntax = \"proto3\";\nmessage M%d { string a = 1; }\n", i)
		head[name] = fmt.Sprintf("syntax = \"proto3\";\nmessage M%d { int64 a = 1; }\n", i)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := Compare(ctx, Request{
		Head: NewMemoryTree("head", head), Bases: []Base{{Tree: NewMemoryTree("base", base)}}, Config: DefaultConfig(), Jobs: 1,
		Progress: func(p Progress) {
			if p.Done == 3 {
				cancel()
			}
		},
	})
	if !errors.Is(err, context.Canceled) || r.Complete || r.Summary.Verdict != VerdictIncomplete {
		t.Errorf("%v, complete: %v, verdict %s", err, r.Complete, r.Summary.Verdict)
	}
	if n := len(r.Subjects); n < 3 || n > 6 {
		t.Errorf("%d subjects were judged after an interrupt at the third", n)
	}
}
