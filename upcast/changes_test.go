package upcast

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestChanges: each step says what becomes of which place.
func TestChanges(t *testing.T) {
	for _, c := range []struct{ steps, want string }{
		{`{"rename":{"from":"qty","to":"quantity"}}`, "1 rename /qty > /quantity"},
		{`{"add":{"path":"a.b","value":1}},{"drop":{"path":"x?.y"}}`, "1 add  > /a/b; 2 drop /x/y > "},
		{"{\"set\":{\"path\":\"`a/b~c`\",\"value\":1}}", "1 set /a~1b~0c > /a~1b~0c"},
		{`{"split":{"path":"n","separator":" ","into":["f","l"]}}`, "1 split /n > /f; 1 split /n > /l"},
		{`{"merge":{"paths":["f","l"],"to":"n","separator":" "}}`, "1 merge /f > /n; 1 merge /l > /n"},
		{`{"nest":{"paths":["a.street","zip"],"under":"home"}}`, "1 nest /a/street > /home/street; 1 nest /zip > /home/zip"},
		{`{"each":{"path":"items[]","steps":[{"rename":{"from":"q","to":"n"}},{"retype":{"path":"m{}.z","to":"long"}}]}}`, "1 rename /items/*/q > /items/*/n; 1 retype /items/*/m/*/z > /items/*/m/*/z"},
		{`{"mapBranch":{"path":"pay","map":{"Card":{"to":"New","steps":[{"drop":{"path":"no"}}]}}}}`, "1 mapBranch /pay/Card > /pay/New; 1 drop /pay/New/no > "},
		{`{"move":{"from":"#7","to":"(p.x)"}}`, "1 move /#7 > /(p.x)"},
		{`{"erase":{"paths":["a","b"],"with":"tombstone"}},{"dropEvent":{"when":"event.a"}}`, "1 erase /a > /a; 1 erase /b > /b; 2 dropEvent  > "},
		{`{"rest":{"path":"$","mode":"into","to":"extra"}},{"rest":{"path":"$","mode":"drop"}}`, "1 rest  > /extra; 2 rest  > "},
		{`{"inType":{"type":"T","steps":[{"drop":{"path":"x"}}]}},{"reversion":{}}`, "1 inType  > ; 2 reversion  > "},
	} {
		d, err := Parse(`{"instar":"upcast/v1","from":1,"to":2,"steps":[` + c.steps + `]}`)
		if err != nil {
			t.Errorf("%s: %v", c.steps, err)
			continue
		}
		var got []string
		for _, x := range (&Hop{steps: d.Steps}).Changes() {
			got = append(got, fmt.Sprintf("%d %s %s > %s", x.Step, x.Op, x.From, x.To))
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s\n gives %s\n not   %s", c.steps, text, c.want)
		}
	}
	// Every operation says at least which step it is.
	for i := range operations {
		op := operations[i].read((&reader{describe: &shape{}}).object(nil, "", "it"))
		out := (&Hop{steps: []Step{{Operation: op}}}).Changes()
		if !slices.ContainsFunc(out, func(c Change) bool { return c.Op == operations[i].name }) && !slices.Contains([]string{"each", "split", "merge", "nest", "erase", "mapBranch"}, operations[i].name) {
			t.Errorf("%s says nothing", operations[i].name)
		}
	}
}
