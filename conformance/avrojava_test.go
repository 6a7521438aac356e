package conformance

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"
)

// TestAvroJava compares our answers with those of Apache Avro for Java, on drawn
// pairs and on real ones, with the events that we show and with others. What
// differs must be in the table of known differences, and all of that must occur.
// The lines that the policy STRICT shows must be Java's without exception.
func TestAvroJava(t *testing.T) {
	pairs := append(realPairs(t), drawnPairs(t)...)
	var questions []javaQuestion
	for _, p := range pairs {
		questions = append(questions, p.question())
	}
	texts := avroTexts(t, pairs)
	for _, text := range texts {
		questions = append(questions, javaQuestion{Text: text})
	}
	answers := askJava(t, questions)

	table := newJavaTable(t)
	count := map[schema.Verdict]int{}
	for i, p := range pairs {
		count[p.exact.Verdict]++
		if a := &answers[i]; a.Error == "" && !slices.Equal(a.rule(), p.rule) {
			t.Errorf("%s: STRICT says %q, Java %q\n  writer %s\n  reader %s", p.name, p.rule, a.rule(), p.writer.Canonical(), p.reader.Canonical())
		}
		for _, d := range p.disagreements(&answers[i]) {
			table.explain(&d)
		}
	}
	for i, text := range texts {
		compareText(t, table, text, &answers[len(pairs)+i])
	}
	table.finish()
	t.Logf("%d pairs %v, %d events, %d texts", len(pairs), count, table.events(pairs), len(texts))
	if len(pairs) < 2000 || count[schema.Compatible] < 500 || count[schema.Incompatible] < 500 || len(texts) < 2000 {
		t.Error("too little was compared")
	}
}

// javaQuestion is a line that Harness.java reads.
type javaQuestion struct {
	Text   string   `json:"text,omitempty"`
	Writer string   `json:"writer,omitempty"`
	Reader string   `json:"reader,omitempty"`
	Events []string `json:"events,omitempty"` // hexadecimal
}

// javaAnswer is the line that it writes.
type javaAnswer struct {
	Strict, Canonical, Form, CRC64, MD5, SHA256, Error string

	Incompatibilities []struct{ Kind, Path, Message string }
	Thrown            string
	Events            []javaEvent
}

// javaEvent is an event as Java reads it, in Avro's JSON encoding: under the
// writer's schema, and under the reader's unless Error says why not.
type javaEvent struct {
	Written, Read, Error string
}

func hexadecimal(events [][]byte) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = hex.EncodeToString(e)
	}
	return out
}

// askJava puts all questions to one process of Java.
func askJava(t *testing.T, questions []javaQuestion) []javaAnswer {
	t.Helper()
	dir := install(t, "avrojava", "pom.xml", func(t *testing.T, dir string) {
		command(t, dir, "mvn", "--quiet", "--batch-mode", "--strict-checksums", "dependency:copy-dependencies", "-DoutputDirectory=lib")
	})
	var in bytes.Buffer
	e := json.NewEncoder(&in)
	e.SetEscapeHTML(false)
	for i := range questions {
		if err := e.Encode(&questions[i]); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "java", "-cp", filepath.Join(dir, "lib", "*"), filepath.Join(dir, "Harness.java"))
	var out, diagnostics bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &diagnostics
	if err := cmd.Run(); err != nil {
		t.Fatalf("run Harness.java: %v (a JDK of version 17 or later must be installed)\n%s", err, diagnostics.String())
	}
	lines := bufio.NewReader(&out)
	answers := make([]javaAnswer, len(questions))
	for i := range answers {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			t.Fatalf("%d of %d questions were answered: %v\n%s", i, len(questions), err, diagnostics.String())
		}
		if err := json.Unmarshal(line, &answers[i]); err != nil {
			t.Fatal(fmt.Errorf("answer %d: %w", i, err))
		}
	}
	return answers
}
