package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// childJob names, in the environment, the job that a child of the test runs.
const childJob = "INSTAR_BATCH_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childJob); path != "" {
		if err := child(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child runs a job slowly, with a flush after every block or two.
func child(path string) error {
	text, err := os.ReadFile(path) //nolint:gosec // the parent names it
	if err != nil {
		return err
	}
	var j Job
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	j.flushBytes = 1
	j.Progress = func(Report) { time.Sleep(2 * time.Millisecond) }
	s, err := NewSubject(versions(&testing.T{}), documents, 0)
	if err != nil {
		return err
	}
	_, err = Run(context.Background(), j, s)
	return err
}

// TestKill kills a run at random moments until it has come to its end, and holds
// its output and its dead letters to those of an undisturbed run. The variable
// INSTAR_BATCH_KILLS sets how many kills each kind of file must survive.
func TestKill(t *testing.T) {
	kills := 8
	if s := os.Getenv("INSTAR_BATCH_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		kills = n
	}
	r := rand.New(rand.NewPCG(5, 5))
	quantities := make([]int32, 8_000)
	for i := range quantities {
		quantities[i] = r.Int32N(40)
	}
	data := randomLines(9, 120_000)
	for name, in := range map[string][]byte{
		"lines": data, "gzip": zipped(t, data), "container": container(t, "deflate", quantities...),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			undisturbed := Job{
				In: write(t, filepath.Join(dir, "in"), in), Out: filepath.Join(dir, "want"), Dead: filepath.Join(dir, "want.dead"),
				Envelope: envelope,
			}
			want := run1(t, undisturbed, subject(t, documents...))
			survived, rounds := 0, 0
			for ; survived < kills; rounds++ {
				j := undisturbed
				j.Out, j.Dead = filepath.Join(dir, fmt.Sprint("out", rounds)), filepath.Join(dir, fmt.Sprint("dead", rounds))
				survived += killed(t, j, r)
				if !bytes.Equal(read(t, j.Out), read(t, undisturbed.Out)) || !bytes.Equal(read(t, j.Dead), read(t, undisturbed.Dead)) {
					t.Fatalf("round %d: the output differs from that of an undisturbed run", rounds)
				}
				absent(t, partName(j.Out), partName(j.Dead), j.Out+".manifest")
			}
			t.Logf("%d kills in %d runs of %d records", survived, rounds, want.Records)
		})
	}
}

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

func complete(j Job) bool {
	_, out := os.Stat(j.Out)
	_, manifest := os.Stat(j.Out + ".manifest")
	return out == nil && errors.Is(manifest, os.ErrNotExist)
}

// killed runs a job to its end, however often it is killed before.
func killed(t *testing.T, j Job, r *rand.Rand) int {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, j.Out+".job", text)
	stuck, before := 1, int64(0)
	for kills := 0; ; kills++ {
		c := exec.Command(os.Args[0]) //nolint:gosec // this test itself
		c.Env = append(os.Environ(), childJob+"="+path)
		var said bytes.Buffer
		c.Stderr = &said
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(stuck*(15+r.IntN(120)))*time.Millisecond, func() { _ = c.Process.Kill() })
		err := c.Wait()
		if !timer.Stop() && err != nil && c.ProcessState.ExitCode() == -1 {
			if complete(j) {
				return kills + 1 // it was killed behind its last step
			}
			// A busy machine needs longer to get anywhere.
			if size := sizeOf(j.Out + ".manifest"); size > before {
				stuck, before = 1, size
			} else {
				stuck++
			}
			continue
		}
		if err != nil {
			t.Fatalf("after %d kills: %v: %s", kills, err, said.Bytes())
		}
		return kills
	}
}
