package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/instar-registry/instar/internal/nodetest"
)

// connections is the number of keep-alive connections of the closed loops.
const connections = 16

// avro20 is a record with 20 fields whose doc makes the content its own.
func avro20(name, doc, more string) string {
	fields := make([]string, 0, 20)
	types := []string{`"string"`, `"long"`, `"double"`, `["null","string"]`}
	for i := range 20 {
		def := ""
		if i%4 == 3 {
			def = `,"default":null`
		}
		fields = append(fields, fmt.Sprintf(`{"name":"field_%d","type":%s%s}`, i, types[i%4], def))
	}
	return fmt.Sprintf(`{"type":"record","name":%q,"namespace":"bench","doc":%q,"fields":[%s%s]}`, name, doc, strings.Join(fields, ","), more)
}

// bodyOf is the JSON of a registration or lookup.
func bodyOf(schema string) string {
	b, err := json.Marshal(map[string]string{"schema": schema})
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}

type registered struct {
	ID   int    `json:"id"`
	GUID string `json:"guid"`
}

// register registers one schema.
func register(ctx context.Context, c *nodetest.Client, subject, schema string) (registered, error) {
	var r registered
	a, err := c.Do(ctx, http.MethodPost, "/subjects/"+subject+"/versions", map[string]string{"schema": schema})
	if err != nil {
		return r, err
	}
	if !a.OK() {
		return r, fmt.Errorf("register in %s: the answer is %s", subject, a)
	}
	return r, a.Into(&r)
}

// side is one server of a comparison.
type side struct {
	name string
	addr string
	pid  int
	q    request
	want string // status; empty means success
}

// figures of one side, over all rounds.
type figures struct{ rate, cpu, p50, p99 []float64 }

// compare gives the sides one round after the other, so that what else the
// machine does hits them alike.
func compare(ctx context.Context, e *env, conns int, sides []side) ([]figures, error) {
	out := make([]figures, len(sides))
	for round := range e.rounds + 1 {
		for i, s := range sides {
			before, err := cpu(s.pid)
			if err != nil {
				return nil, err
			}
			o, err := load(ctx, s.addr, cmp.Or(s.want, success), conns, e.round, same(s.q))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			after, err := cpu(s.pid)
			if err != nil {
				return nil, err
			}
			if round == 0 { // warms connections, caches and the garbage collector up
				continue
			}
			f := &out[i]
			f.rate = append(f.rate, o.rate())
			f.cpu = append(f.cpu, float64((after-before).Nanoseconds())/float64(o.requests))
			f.p50 = append(f.p50, float64(quantile(o.latencies, 0.5)))
			f.p99 = append(f.p99, float64(quantile(o.latencies, 0.99)))
		}
	}
	return out, nil
}

func (f figures) String() string {
	return fmt.Sprintf("%s, %s CPU a request, p50 %s, p99 %s", perSecond(median(f.rate)),
		micros(time.Duration(median(f.cpu))), micros(time.Duration(median(f.p50))), micros(time.Duration(median(f.p99))))
}

// ratio divides one side's rounds by another's, round by round.
func ratio(a, b []float64) float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] / b[i]
	}
	return median(out)
}

func get(ctx context.Context, e *env) ([]row, error) {
	n, err := e.node(ctx, map[string]string{"INSTAR_STORAGE_DRIVER": "memory"})
	if err != nil {
		return nil, err
	}
	defer n.Kill()
	c := nodetest.NewClient(n.URL, 1, 10*time.Second)
	var r registered
	for i := range 2000 {
		if r, err = register(ctx, c, fmt.Sprintf("subject-%d", i), avro20("R", fmt.Sprint(i), "")); err != nil {
			return nil, err
		}
	}
	var rows []row
	for _, p := range []struct{ name, path string }{
		{"by id", fmt.Sprintf("/schemas/ids/%d", r.ID)},
		{"by GUID", "/schemas/guids/" + r.GUID},
		{"latest", "/subjects/subject-1999/versions/latest"},
	} {
		b, err := startBaseline(n.URL + p.path)
		if err != nil {
			return nil, err
		}
		f, err := compare(ctx, e, connections, []side{
			{"registry", host(n.URL), n.PID(), newRequest(http.MethodGet, host(n.URL), p.path, ""), success},
			{"bare handler", b.addr, b.cmd.Process.Pid, newRequest(http.MethodGet, b.addr, p.path, ""), success},
		})
		b.stop()
		if err != nil {
			return nil, err
		}
		rows = append(rows,
			row{"GET " + p.name + ", registry", f[0].String(), "production middleware on, 2,000 subjects, 16 connections"},
			row{"GET " + p.name + ", bare handler", f[1].String(), "net/http, the same headers and bytes from memory"},
			row{"GET " + p.name + ", CPU ratio", fmt.Sprintf("%.2f", ratio(f[0].cpu, f[1].cpu)), "aim ≤ 1.06"})
	}
	return rows, nil
}

// again compares what the hash index answers with the cheapest read.
func again(ctx context.Context, e *env) ([]row, error) {
	n, err := e.node(ctx, map[string]string{"INSTAR_STORAGE_DRIVER": "memory"})
	if err != nil {
		return nil, err
	}
	defer n.Kill()
	c := nodetest.NewClient(n.URL, 1, 10*time.Second)
	var r registered
	text := ""
	for i := range 2000 {
		text = avro20("R", fmt.Sprint(i), "")
		if r, err = register(ctx, c, fmt.Sprintf("subject-%d", i), text); err != nil {
			return nil, err
		}
	}
	addr := host(n.URL)
	f, err := compare(ctx, e, connections, []side{
		{"get", addr, n.PID(), newRequest(http.MethodGet, addr, fmt.Sprintf("/schemas/ids/%d", r.ID), ""), success},
		{"register", addr, n.PID(), newRequest(http.MethodPost, addr, "/subjects/subject-1999/versions", bodyOf(text)), success},
		{"look up", addr, n.PID(), newRequest(http.MethodPost, addr, "/subjects/subject-1999", bodyOf(text)), success},
		{"unknown id", addr, n.PID(), newRequest(http.MethodGet, addr, "/schemas/ids/2000000", ""), "404"},
		{"look up in vain", addr, n.PID(), newRequest(http.MethodPost, addr, "/subjects/subject-1999", bodyOf(avro20("R", "nobody has this", ""))), "404"},
	})
	if err != nil {
		return nil, err
	}
	return []row{
		{"GET by id", f[0].String(), "the measure"},
		{"register equal content again", f[1].String(), fmt.Sprintf("%.2f× the rate, %.2f× the CPU of GET by id; aim ≥ 0.4× the rate", ratio(f[1].rate, f[0].rate), ratio(f[1].cpu, f[0].cpu))},
		{"look up", f[2].String(), fmt.Sprintf("%.2f× the rate, %.2f× the CPU of GET by id; aim ≥ 0.4× the rate", ratio(f[2].rate, f[0].rate), ratio(f[2].cpu, f[0].cpu))},
		{"GET of an unknown id", f[3].String(), fmt.Sprintf("%.2f× the CPU of GET by id; aim ≤ 1.3×", ratio(f[3].cpu, f[0].cpu))},
		{"look up in vain", f[4].String(), fmt.Sprintf("%.2f× the CPU of a lookup that finds; aim ≤ 1.3×", ratio(f[4].cpu, f[2].cpu))},
	}, nil
}
