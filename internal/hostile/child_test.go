package hostile

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"

	"github.com/instar-registry/instar/internal/cputime"
)

// modeVariable turns the test binary into a child that is mistreated.
const modeVariable = "INSTAR_HOSTILE_MODE"

// The modes of a child. The last three are controls: a sandboxed child that
// breaks out must not survive it.
const (
	modeMeasure      = "measure"
	modeSandbox      = "sandbox"
	modeOpenFile     = "open a file"
	modeDial         = "dial"
	modeStartProgram = "start a program"
)

// reply is what a child says about one case.
type reply struct {
	Outcome Outcome
	// Wall and CPU are the time from the first byte to the answer.
	Wall, CPU time.Duration
	// Memory is at least what the process grew by: all that was allocated on
	// the way, freed or not, or the peak if that was asked for.
	Memory uint64
	// Sick says what is wrong with the answer to a healthy request afterwards.
	Sick string
}

func TestMain(m *testing.M) {
	mode := os.Getenv(modeVariable)
	if mode == "" {
		os.Exit(m.Run())
	}
	if mode != modeMeasure {
		if err := enterSandbox(); err != nil {
			fmt.Fprintln(os.Stderr, "no sandbox:", err)
			os.Exit(3)
		}
	}
	switch mode {
	case modeOpenFile:
		_, err := os.ReadFile("/etc/passwd")
		fmt.Println("survived:", err)
	case modeDial:
		_, err := net.DialTimeout("tcp", "127.0.0.1:9", time.Second)
		fmt.Println("survived:", err)
	case modeStartProgram:
		fmt.Println("survived:", exec.Command("/bin/sh", "-c", "true").Run())
	default:
		serve(mode, os.Stdin, os.Stdout)
	}
}

// peak after the number of a case asks for the exact peak of its memory.
const peak = " peak"

// serve plays the cases whose numbers come in, one a line.
func serve(mode string, in io.Reader, out io.Writer) {
	cases := Cases()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		number, exact := strings.CutSuffix(lines.Text(), peak)
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= len(cases) {
			fmt.Fprintf(os.Stderr, "no case %q\n", lines.Text())
			os.Exit(4)
		}
		r := measure(&cases[i], mode == modeSandbox)
		if exact {
			r.Memory, err = peakOf(&cases[i])
		}
		var b []byte
		if err == nil {
			b, err = json.Marshal(r)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(4)
		}
		fmt.Fprintf(out, "%s\n", b)
	}
}

// measure plays one case. thorough asks an accepted schema for everything else,
// after the clock has stopped.
func measure(c *Case, thorough bool) reply {
	in := c.build()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := cputime.Used(), time.Now()
	o, s := c.play(in)
	r := reply{Outcome: o, Wall: time.Since(start), CPU: cputime.Used() - cpu}
	runtime.ReadMemStats(&after)
	r.Memory = after.TotalAlloc - before.TotalAlloc
	if thorough && s != nil {
		samples := uint64(3)
		if c.Volume { // more of the same would only take longer
			samples = 1
		}
		if err := exercise(s, samples); err != nil {
			r.Outcome = outcomeOf(err, Bug)
		}
	}
	for _, h := range healthy {
		if got, _ := h.play(h.build()); h.Want.mismatch(got) != "" {
			r.Sick += h.ID() + " " + h.Want.mismatch(got) + "\n"
		}
	}
	return r
}

func peakOf(c *Case) (uint64, error) {
	in := c.build()
	return peakMemory(func() { c.play(in) })
}

// healthy are requests that must go well after anything.
var healthy = func() []Case {
	var t table
	t.event("healthy", "avro", schema.Avro, intList, binaryEvent(longs(2, 7, 8, 0)...), Want{Answer: Valid})
	t.event("healthy", "json", schema.JSON, `{"type":"object","required":["a"]}`, jsonEvent(`{"a":1}`), Want{Answer: Valid})
	t.event("healthy", "protobuf", schema.Protobuf, orders, jsonEvent(`{"i":7,"any":{"@type":"x/t.All.Item","name":"n"}}`), Want{Answer: Valid})
	t.event("healthy", "protobuf binary", schema.Protobuf, orders, binaryEvent(field(14, []byte("a"))...), Want{Answer: Valid})
	return t.cases
}()

// child is a running child.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *tail
}

// tail keeps the start of what a dying child says.
type tail struct {
	mu   sync.Mutex
	text strings.Builder
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := 6000 - t.text.Len(); room > 0 {
		t.text.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

func command(mode string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	// A fixed number of processors keeps the runtime from reading the limits of
	// its control group while it works, which is no doing of ours.
	c.Env = append(os.Environ(), modeVariable+"="+mode, "GOMAXPROCS=2", "GOMEMLIMIT=1GiB", "GOTRACEBACK=single")
	return c
}

func startChild(t *testing.T, mode string) *child {
	t.Helper()
	c := &child{cmd: command(mode), stderr: &tail{}}
	c.cmd.Stderr = c.stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewReaderSize(out, 1<<20)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// stop ends a child that has nothing to answer.
func (c *child) stop() error {
	if err := c.in.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("%w\n%s", err, c.stderr)
	}
	return nil
}

// ask lets the child play the case of a number. A child that dies or is silent for longer
// than the deadline is an error, and gone.
func (c *child) ask(number string, deadline time.Duration) (reply, error) {
	var r reply
	kill := time.AfterFunc(deadline, func() { _ = c.cmd.Process.Kill() })
	defer kill.Stop()
	_, err := fmt.Fprintln(c.in, number)
	var line string
	if err == nil {
		line, err = c.out.ReadString('\n')
	}
	if err == nil {
		return r, json.Unmarshal([]byte(line), &r)
	}
	if stopped := c.stop(); stopped != nil {
		err = stopped
	}
	return r, fmt.Errorf("the child did not answer within %v: %w", deadline, err)
}
