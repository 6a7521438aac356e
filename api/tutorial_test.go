package api

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// walkStep is a command of a walk in the documentation, and the answer below it.
var walkStep = regexp.MustCompile("(?s)```sh\n(curl .*?)\n```\n\n```json\n(.*?)\n```\n")

// TestTutorial runs the walk of docs/upcasters.md: every command as it stands
// there, against an empty registry. An answer has to have what is shown of it.
func TestTutorial(t *testing.T) {
	text, err := os.ReadFile("../docs/upcasters.md")
	if err != nil {
		t.Fatal(err)
	}
	_, walk, ok := strings.Cut(string(text), "\n## Five versions that break each other\n")
	if !ok {
		t.Fatal("the walk is not there")
	}
	walk, _, _ = strings.Cut(walk, "\n## ")
	steps := walkStep.FindAllStringSubmatch(walk, -1)
	if len(steps) != 11 || strings.Count(walk, "```sh") != len(steps) {
		t.Fatalf("%d steps in %d commands", len(steps), strings.Count(walk, "```sh"))
	}
	s := newServer(t, nil)
	for _, step := range steps {
		var got, want any
		body := s.send(curlRequest(t, step[1])).body
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatalf("%v in the answer %s", err, body)
		}
		if err := json.Unmarshal([]byte(step[2]), &want); err != nil {
			t.Fatalf("%v in the document at %s", err, step[2])
		}
		if !hasShown(want, got) {
			t.Errorf("%s\nanswers\n%s\nnot\n%s", step[1], body, step[2])
		}
	}
}

// curlWord is a word of a shell: in single quotes, or without any.
var curlWord = regexp.MustCompile(`'([^']*)'|\S+`)

// curlRequest turns a command into a request as transcripts write them.
func curlRequest(t *testing.T, command string) string {
	t.Helper()
	method, target, body, headers := "GET", "", "", ""
	var words []string
	for _, m := range curlWord.FindAllStringSubmatch(command, -1) {
		if word := m[1]; word != "" {
			words = append(words, word)
		} else {
			words = append(words, m[0])
		}
	}
	for i := 1; i < len(words); i++ {
		switch word := words[i]; {
		case word == "-sS":
		case word == "-X":
			i++
			method = words[i]
		case word == "-H":
			i++
			headers += words[i] + "\n"
		case word == "-d":
			i++
			body = words[i]
		case strings.HasPrefix(word, "localhost:8081/"):
			target = strings.TrimPrefix(word, "localhost:8081")
		default:
			t.Fatalf("the word %q of %s is not understood", word, command)
		}
	}
	return method + " " + target + "\n" + headers + "\n" + body
}

// hasShown reports whether an answer has what is shown of it: every member, every
// item, and of a text with … the parts, in order.
func hasShown(want, got any) bool {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		for k, v := range want {
			ok = ok && hasShown(v, have[k])
		}
		return ok
	case []any:
		have, ok := got.([]any)
		ok = ok && len(have) == len(want)
		for i := range want {
			ok = ok && hasShown(want[i], have[i])
		}
		return ok
	case string:
		have, ok := got.(string)
		if !strings.Contains(want, "…") {
			return ok && have == want
		}
		for _, part := range strings.Split(want, "…") {
			var found bool
			_, have, found = strings.Cut(have, part)
			ok = ok && found
		}
		return ok
	default:
		return reflect.DeepEqual(want, got)
	}
}

// TestShows holds the comparison itself: it has to see what differs.
func TestShows(t *testing.T) {
	for want, gots := range map[string]map[string]bool{
		`{"a": 1}`:     {`{"a": 1, "b": 2}`: true, `{"a": 2}`: false, `{}`: false, `[]`: false},
		`[{"a": 1}]`:   {`[{"a": 1, "b": 1}]`: true, `[]`: false, `[{"a": 1}, {}]`: false},
		`"…b…d…"`:      {`"abcde"`: true, `"adcb"`: false, `"abc"`: false, `4`: false},
		`"abc"`:        {`"abc"`: true, `"abcd"`: false},
		`[true, null]`: {`[true, null]`: true, `[true, 1]`: false},
	} {
		var w any
		if err := json.Unmarshal([]byte(want), &w); err != nil {
			t.Fatal(err)
		}
		for got, ok := range gots {
			var g any
			if err := json.Unmarshal([]byte(got), &g); err != nil {
				t.Fatal(err)
			}
			if hasShown(w, g) != ok {
				t.Errorf("%s shows %s: %v", want, got, !ok)
			}
		}
	}
}
