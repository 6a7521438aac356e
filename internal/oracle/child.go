package oracle

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// Case is the event of a break, with all that another process needs to judge it.
type Case struct {
	Name           string
	Format         schema.Format
	Writer, Reader Source
	Break          schema.Break
}

// Cases are the breaks of an answer. Questions about formats have none, because
// the validators are asked without them.
func Cases(q *Question, a *Answer) []Case {
	var out []Case
	if q.AssertFormats {
		return nil
	}
	for i := range a.Breaks {
		if a.Breaks[i].Witness != nil {
			out = append(out, Case{Name: q.Name, Format: q.Writer.Format(), Writer: sourceOf(q.Writer), Reader: sourceOf(q.Reader), Break: a.Breaks[i]})
		}
	}
	return out
}

func sourceOf(p schema.Parsed) Source {
	if s, ok := p.(*protobuf.Schema); ok {
		return Source{Text: s.Text(), Docs: s.Documents()}
	}
	s, ok := p.(*jsonschema.Schema)
	if !ok {
		return Source{Text: p.Canonical()}
	}
	out := Source{Text: s.Documents()[0].Text}
	for _, d := range s.Documents()[1:] {
		out.Docs = append(out.Docs, schema.Document{Name: d.Name, Text: d.Text})
	}
	return out
}

// Judge parses both schemas anew and reads the event; the error says why it does
// not show a break.
func (c *Case) Judge(ctx context.Context) error {
	var q Question
	for _, side := range []struct {
		from *Source
		to   *schema.Parsed
	}{{&c.Writer, &q.Writer}, {&c.Reader, &q.Reader}} {
		var err error
		switch c.Format {
		case schema.JSON:
			*side.to, err = jsonschema.Parse(side.from.Text, side.from.Docs, lenient)
		case schema.Avro:
			*side.to, err = avro.Parse(side.from.Text, side.from.Docs, lenient)
		case schema.Protobuf:
			*side.to, err = protobuf.Parse(side.from.Text, side.from.Docs, lenient)
		default:
			err = fmt.Errorf("no reader for %s", c.Format)
		}
		if err != nil {
			return err
		}
	}
	return holdWitness(ctx, &q, &c.Break)
}

// Child judges the cases that come in, one JSON value each, and answers a line
// for every one that does not hold. It is what a child process runs.
func Child(in io.Reader, out io.Writer) error {
	n := 0
	for d := json.NewDecoder(bufio.NewReader(in)); ; n++ {
		var c Case
		if err := d.Decode(&c); errors.Is(err, io.EOF) {
			_, err := fmt.Fprintf(out, "judged %d\n", n)
			return err
		} else if err != nil {
			return err
		}
		if err := c.Judge(context.Background()); err != nil {
			fmt.Fprintf(out, "%s: %s: %v\n", c.Name, c.Break.Witness.Value, err)
		}
	}
}

// InChild has cases judged by a process that cmd starts and that runs [Child].
func InChild(cmd *exec.Cmd, cases []Case) error {
	var in, out, said bytes.Buffer
	e := json.NewEncoder(&in)
	for i := range cases {
		if err := e.Encode(&cases[i]); err != nil {
			return err
		}
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the child process: %w: %s", err, said.Bytes())
	}
	if want := fmt.Sprintf("judged %d\n", len(cases)); out.String() != want {
		return fmt.Errorf("the child process, asked about %d cases, says: %s", len(cases), out.Bytes())
	}
	return nil
}
