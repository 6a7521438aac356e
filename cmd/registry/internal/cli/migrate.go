package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/instar-registry/instar/batch"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/internal/remote"
)

func (a *app) migrate() *cobra.Command {
	return group("migrate", "Bring stored events to the newest version", a.migrateFiles(), a.migrateStreams())
}

func (a *app) upcast() *cobra.Command {
	return group("upcast", "Work with upcasters", a.redrive(), a.reproduce())
}

// migration is a command line that migrates a file.
type migration struct {
	job      batch.Job
	to       string
	envelope []string
	format   string
	payload  string
	onError  string
	sample   int
}

func (a *app) migrateFiles() *cobra.Command {
	m := &migration{}
	c := &cobra.Command{
		Use:   "files --subject SUBJECT --in FILE --out FILE",
		Short: "Migrate a file of events",
		Long: "files carries every event of a file to one version of its subject, by the registry's upcasters. A file holds\n" +
			"lines of JSON (plain or gzipped) or is an Avro object container file, whose schema names the version. The order\n" +
			"stays. A run that was interrupted or killed goes on when the same command is given again; the output appears\n" +
			"under its name when it is complete. Lines hold events in Avro's JSON encoding, or as they are for JSON Schema.\n" +
			"Exit code 1 if events ended in the dead letters.",
		Example: "  registry migrate files --subject orders-value --in orders.avro --out orders-v5.avro\n" +
			"  registry migrate files --subject orders-value --in log.jsonl.gz --out new.jsonl.gz --envelope version=/v,payload=/d\n" +
			"  registry migrate files --subject orders-value --in log.jsonl --from 1 --dry-run",
		Args: noArgs,
	}
	a.migrationFlags(c, m)
	f := c.Flags()
	f.StringVar(&m.format, "format", "", "form of the file: jsonl|ocf (default by its first bytes)")
	f.BoolVar(&m.job.DryRun, "dry-run", false, "carry everything, write nothing, print what would become of the events")
	f.IntVar(&m.sample, "samples", 3, "events of each version that a dry run shows")
	c.RunE = func(c *cobra.Command, _ []string) error { return a.runMigration(c, m) }
	return c
}

func (a *app) redrive() *cobra.Command {
	m := &migration{}
	c := &cobra.Command{
		Use:   "redrive DEAD --subject SUBJECT --out FILE",
		Short: "Carry dead letters again",
		Long: "redrive reads a file of dead letters of \"migrate files\" and carries their records again, after the upcaster\n" +
			"was mended. Its output has the form of the file that they came from. --envelope and --payload are those that\n" +
			"the file was migrated with.",
		Example: "  registry upcast redrive dead.jsonl --subject orders-value --out mended.jsonl --envelope version=/v,payload=/d",
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return fmt.Errorf("%s takes one file of dead letters, and %q is another argument", c.CommandPath(), args[1])
			case len(args) == 1 && m.job.In != "":
				return fmt.Errorf("the file of dead letters is named twice: %s, and --in %s", args[0], m.job.In)
			case len(args) == 1:
				m.job.In = args[0]
			}
			return nil
		},
	}
	a.migrationFlags(c, m)
	m.job.Redrive = true
	c.RunE = func(c *cobra.Command, _ []string) error { return a.runMigration(c, m) }
	return c
}

func (a *app) migrationFlags(c *cobra.Command, m *migration) {
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&m.job.Subject, "subject", "", "`name` of the events' subject")
	f.StringVar(&m.job.In, "in", "", "`file` to read")
	f.StringVar(&m.job.Out, "out", "", "`file` to write; it must not exist")
	f.StringVar(&m.to, "to", "latest", "`version` to carry to")
	f.IntVar(&m.job.From, "from", 0, "`version` of events that do not say theirs")
	f.StringSliceVar(&m.envelope, "envelope", nil,
		"where lines keep what, as JSON Pointers: `version=/v,payload=/d,type=/t,stream=/s,id=/i` (default the line is the event)")
	f.StringVar(&m.job.Envelope.Only, "type", "", "carry lines of this `type` only; others are copied")
	f.StringVar(&m.payload, "payload", "json", "how lines hold events: json|base64")
	f.StringVar(&m.onError, "on-error", "stop", "what to do with an event that has no image: stop|deadletter:FILE")
	f.BoolVar(&m.job.Verify, "verify", false, "validate every event once more under the target's schema")
	f.IntVar(&m.job.Workers, "workers", 0, "blocks at work at once (default the number of CPUs)")
	f.IntVar(&m.job.Rate, "rate", 0, "most `events` in a second (default no bound)")
	f.StringVar(&m.job.Checkpoint, "checkpoint", "", "`directory` of the manifest (default that of the output)")
	reproducersFlag(f, &m.job.Reproducers)
	addClientFlags(c)
}

func reproducersFlag(f *pflag.FlagSet, value *string) {
	f.StringVar(value, "reproducers", "",
		"`directory` for the event and the plan where a proved plan fails, or off (default reproducers beside the output; a dry run keeps none)")
}

// reproducersOf is the directory that the flag names.
func reproducersOf(flag, out string, dry bool) string {
	switch {
	case flag == "off" || flag == "" && dry:
		return ""
	case flag == "":
		return filepath.Join(filepath.Dir(out), "reproducers")
	}
	return flag
}

// read checks the flags that are more than a value.
func (m *migration) read() error {
	for _, f := range []struct{ name, value string }{{"subject", m.job.Subject}, {"in", m.job.In}} {
		if f.value == "" {
			return fmt.Errorf("--%s is missing", f.name)
		}
	}
	if m.job.Out == "" && !m.job.DryRun {
		return errors.New("--out is missing; --dry-run needs none")
	}
	switch m.format {
	case "", string(batch.Lines), string(batch.OCF):
		m.job.Format = batch.Format(m.format)
	default:
		return fmt.Errorf("--format is %q; jsonl and ocf are known", m.format)
	}
	var err error
	if m.job.Payload, err = readPayload(m.payload); err != nil {
		return err
	}
	if m.job.Dead, err = readOnError(m.onError); err != nil {
		return err
	}
	m.job.Samples = m.sample
	m.job.Reproducers, m.job.Program = reproducersOf(m.job.Reproducers, m.job.Out, m.job.DryRun), Version()
	return m.readEnvelope()
}

func readPayload(text string) (batch.Payload, error) {
	switch p := batch.Payload(text); p {
	case batch.JSON, batch.Base64:
		return p, nil
	}
	return "", fmt.Errorf("--payload is %q; json and base64 are known", text)
}

// readOnError gives the file for dead letters, if there is one.
func readOnError(text string) (string, error) {
	switch kind, file, _ := strings.Cut(text, ":"); {
	case text == "stop":
		return "", nil
	case kind == "deadletter" && file != "":
		return file, nil
	}
	return "", fmt.Errorf("--on-error is %q; write stop, or deadletter: and the name of a file", text)
}

func (m *migration) readEnvelope() error {
	if err := readEnvelope(&m.job.Envelope, m.envelope); err != nil {
		return err
	}
	if e := m.job.Envelope; e.Time != "" || e.Origin != "" {
		return errors.New("--envelope: time and origin are of use to \"migrate streams\" only")
	}
	return nil
}

func readEnvelope(e *batch.Envelope, texts []string) error {
	places := map[string]*string{
		"payload": &e.Payload, "version": &e.Version, "type": &e.Type, "stream": &e.Stream, "id": &e.ID,
		"time": &e.Time, "origin": &e.Origin,
	}
	for _, text := range texts {
		name, pointer, ok := strings.Cut(text, "=")
		place := places[name]
		if !ok || place == nil {
			return fmt.Errorf("--envelope holds %q; payload, version, type, stream, id, time and origin are known, each with a JSON Pointer as in payload=/d", text)
		}
		*place = pointer
	}
	return nil
}

func (a *app) runMigration(c *cobra.Command, m *migration) error {
	if err := m.read(); err != nil {
		return err
	}
	target := 0
	if m.to != "latest" {
		var err error
		if target, err = strconv.Atoi(m.to); err != nil || target < 1 {
			return fmt.Errorf("--to is %q; write a version number, or latest", m.to)
		}
	}
	r, err := a.dial(c, false)
	if err != nil {
		return err
	}
	routes, err := routesOf(c.Context(), r, m.job.Subject, target)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	m.job.Progress = a.progress()
	report, err := batch.Run(ctx, m.job, routes)
	if err != nil {
		return a.unfinished(m, &report, err)
	}
	if err := a.printMigration(m, &report); err != nil {
		return err
	}
	if report.Total(batch.Dead) > 0 {
		return errFindings
	}
	return nil
}

// routesOf reads a subject's versions and active upcasters; target 0 is the
// newest version.
func routesOf(ctx context.Context, r *client.Client, subject string, target int) (*batch.Subject, error) {
	read, err := remote.NewReader(r).Subject(ctx, subject)
	if err != nil {
		return nil, err
	}
	versions := make([]batch.Version, len(read))
	for i, v := range read {
		versions[i] = batch.Version{Number: v.Number, Schema: v.Schema, ID: v.ID, References: v.References}
	}
	list, err := r.Upcasters(ctx, subject, client.UpcasterFilter{State: "active", Origin: "document"})
	if err != nil {
		return nil, err
	}
	if err := rulesOf(ctx, r, subject, versions); err != nil {
		return nil, err
	}
	var documents []string
	for _, u := range list {
		full, err := r.Upcaster(ctx, subject, u.From, u.To, u.Revision)
		if err != nil {
			return nil, err
		}
		documents = append(documents, full.Document)
	}
	if target == 0 {
		latest, err := r.Version(ctx, subject, client.Latest, client.VersionQuery{})
		if err != nil {
			return nil, err
		}
		target = latest.Version
	}
	return batch.NewSubject(versions, documents, target)
}

// rulesOf reads the migration rules that are carried out where a hop has no document.
func rulesOf(ctx context.Context, r *client.Client, subject string, versions []batch.Version) error {
	list, err := r.Upcasters(ctx, subject, client.UpcasterFilter{Origin: "rules"})
	if err != nil {
		return err
	}
	for _, u := range list {
		i := slices.IndexFunc(versions, func(v batch.Version) bool { return v.Number == u.To })
		if i < 0 {
			return fmt.Errorf("subject %s got version %d meanwhile; run the command again", subject, u.To)
		}
		for _, set := range u.Rules {
			text, err := json.Marshal(set)
			if err != nil {
				return err
			}
			versions[i].Rules = append(versions[i].Rules, string(text))
		}
	}
	return nil
}

// unfinished says how far a run came, and how it goes on.
func (a *app) unfinished(m *migration, r *batch.Report, err error) error {
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	if r.Bytes > 0 && !m.job.DryRun {
		return fmt.Errorf("%w\n%s done; the same command goes on from there", err, count64(r.Records, "record"))
	}
	return err
}

func count64(n int64, what string) string { return count(int(n), what) }

// progress prints a line every second.
func (a *app) progress() func(batch.Report) {
	next := time.Now().Add(time.Second)
	begun := time.Now()
	return func(r batch.Report) {
		now := time.Now()
		if now.Before(next) {
			return
		}
		next = now.Add(time.Second)
		mib := float64(r.Bytes-r.ResumedAt) / (1 << 20)
		a.say("%s · %.0f MiB · %.0f MiB/s", count64(r.Records, "record"), float64(r.Bytes)/(1<<20), mib/now.Sub(begun).Seconds())
	}
}

func (a *app) printMigration(m *migration, r *batch.Report) error {
	rows := [][]string{{"VERSION", "OUTCOME", "EVENTS"}}
	for _, c := range r.Counts {
		version := "–"
		if c.Version > 0 {
			version = strconv.Itoa(c.Version)
		}
		rows = append(rows, []string{version, string(c.Outcome), strconv.FormatInt(c.Events, 10)})
	}
	if err := a.table(rows); err != nil {
		return err
	}
	var b strings.Builder
	slices.SortStableFunc(r.Samples, func(a, b batch.Sample) int { return a.Version - b.Version })
	for _, s := range r.Samples {
		fmt.Fprintf(&b, "\nversion %d\n- %s\n+ %s\n", s.Version, s.Before, s.After)
	}
	switch {
	case m.job.DryRun:
		fmt.Fprintf(&b, "\n%s would be written as %d bytes; nothing was written (dry run)\n", count64(r.Records, "record"), r.Written)
	default:
		fmt.Fprintf(&b, "\n%s written to %s (%d bytes)\n", count64(r.Records, "record"), m.job.Out, r.Written)
	}
	if r.Total(batch.Dead) > 0 && !m.job.DryRun {
		fmt.Fprintf(&b, "%s in %s; after a fix: registry upcast redrive %[2]s --subject %s --out FILE%s\n",
			count64(r.Total(batch.Dead), "dead letter"), m.job.Dead, m.job.Subject, m.places())
	}
	return a.print("%s", b.String())
}

// places are the flags that say where lines keep what, as they were given.
func (m *migration) places() string {
	out := ""
	if len(m.envelope) > 0 {
		out += " --envelope " + strings.Join(m.envelope, ",")
	}
	if m.job.From > 0 {
		out += " --from " + strconv.Itoa(m.job.From)
	}
	if m.payload != "json" {
		out += " --payload " + m.payload
	}
	return out
}
