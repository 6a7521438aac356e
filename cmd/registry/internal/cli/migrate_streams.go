package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/batch"
)

// streamMigration is a command line that changes the streams of a file.
type streamMigration struct {
	job              batch.StreamJob
	plan             string
	envelope         []string
	payload, onError string
}

// maxPlan bounds a document of stream steps.
const maxPlan = 256 << 10

func (a *app) migrateStreams() *cobra.Command {
	m := &streamMigration{}
	c := &cobra.Command{
		Use:   "streams --plan FILE --in FILE --out FILE --envelope stream=/s,…",
		Short: "Rename, split, merge and clean the streams of a file of events",
		Long: "streams carries out the steps of a document \"instar: migration/v1\" on lines of JSON, plain or gzipped: create,\n" +
			"delete, rename, split, move, merge and close streams, reorder and dedupe events, and apply the registry's\n" +
			"upcasters in the same pass. The output appears under its name when it is complete; a run that was interrupted\n" +
			"begins anew. Exit code 1 if events ended in the dead letters.",
		Example: "  registry migrate streams --plan streams.yaml --in log.jsonl --out new.jsonl --envelope stream=/s,payload=/d,time=/at",
		Args:    noArgs,
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&m.plan, "plan", "", "`file` with the steps")
	f.StringVar(&m.job.In, "in", "", "`file` to read")
	f.StringVar(&m.job.Out, "out", "", "`file` to write; it must not exist")
	f.StringSliceVar(&m.envelope, "envelope", nil,
		"where lines keep what, as JSON Pointers: `stream=/s,payload=/d,type=/t,id=/i,time=/at,version=/v`; origin=/o is written")
	f.IntVar(&m.job.From, "from", 0, "`version` of events that do not say theirs, for the step apply")
	f.StringVar(&m.payload, "payload", "json", "how lines hold events: json|base64")
	f.StringVar(&m.onError, "on-error", "stop", "what to do with an event that apply cannot carry: stop|deadletter:FILE")
	f.BoolVar(&m.job.DryRun, "dry-run", false, "do everything, write nothing, print what the steps would do")
	reproducersFlag(f, &m.job.Reproducers)
	addClientFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error { return a.runStreams(c, m) }
	return c
}

func (m *streamMigration) read() error {
	for _, f := range []struct{ name, value string }{{"plan", m.plan}, {"in", m.job.In}} {
		if f.value == "" {
			return fmt.Errorf("--%s is missing", f.name)
		}
	}
	if m.job.Out == "" && !m.job.DryRun {
		return errors.New("--out is missing; --dry-run needs none")
	}
	var err error
	if m.job.Payload, err = readPayload(m.payload); err != nil {
		return err
	}
	if m.job.Dead, err = readOnError(m.onError); err != nil {
		return err
	}
	m.job.Reproducers, m.job.Program = reproducersOf(m.job.Reproducers, m.job.Out, m.job.DryRun), Version()
	if err := readEnvelope(&m.job.Envelope, m.envelope); err != nil {
		return err
	}
	text, err := readBounded(m.plan, maxPlan)
	if err != nil {
		return err
	}
	if m.job.Plan, err = batch.ParseStreams(text); err != nil {
		return fmt.Errorf("%s: %w", m.plan, err)
	}
	return nil
}

func readBounded(name string, most int64) ([]byte, error) {
	f, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%s has more than %d bytes", name, most)
	}
	return text, err
}

func (a *app) runStreams(c *cobra.Command, m *streamMigration) error {
	if err := m.read(); err != nil {
		return err
	}
	m.job.Routes = func(ctx context.Context, subject string, to int) (batch.Routes, error) {
		r, err := a.dial(c, false)
		if err != nil {
			return nil, err
		}
		return routesOf(ctx, r, subject, to)
	}
	ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := batch.RunStreams(ctx, m.job)
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted; nothing was written, the same command begins anew")
	}
	if err != nil {
		return err
	}
	return a.printStreams(m, &report)
}

func (a *app) printStreams(m *streamMigration, r *batch.StreamReport) error {
	rows := [][]string{{"STEP", "OPERATION", "IN", "OUT"}}
	for i, s := range r.Steps {
		rows = append(rows, []string{strconv.Itoa(i + 1), s.Step, strconv.FormatInt(s.In, 10), strconv.FormatInt(s.Out, 10)})
	}
	if err := a.table(rows); err != nil {
		return err
	}
	dead := int64(0)
	for _, n := range r.Counts {
		if n.Outcome == batch.Dead {
			dead += n.Events
		}
	}
	what := fmt.Sprintf("%s of %s", count64(r.Written, "event"), count(r.Streams, "stream"))
	if m.job.DryRun {
		return a.print("\n%s would be written; nothing was (dry run)\n", what)
	}
	if err := a.print("\n%s written to %s\n", what, m.job.Out); err != nil || dead == 0 {
		return err
	}
	if err := a.print("%s in %s\n", count64(dead, "dead letter"), m.job.Dead); err != nil {
		return err
	}
	return errFindings
}
