package chaos

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/nodetest"
)

// TestRewoundDatabase puts an older state into the database under a running
// node, as a careless restore does. The node must stop with the code 3: to go on
// would give out sequences, ids and versions a second time.
func TestRewoundDatabase(t *testing.T) {
	for name, sql := range map[string]string{
		"rewound":       "DELETE FROM version; DELETE FROM change WHERE seq > 2; UPDATE head SET seq = 2",
		"another epoch": "UPDATE head SET epoch = epoch + 1",
	} {
		t.Run(name, func(t *testing.T) {
			env := onPostgres(t)
			n := start(t, env)
			c := nodetest.NewClient(n.URL, 1, 5*time.Second)
			defer c.Close()
			for i := range 5 {
				subject := fmt.Sprintf("rewind-%d", i)
				done(t, c, http.MethodPost, "/subjects/"+subject+"/versions", avro(subject, ""))
			}
			psql(t, env["INSTAR_STORAGE_POSTGRES_DSN"], sql)
			// Whoever comes next must not get an answer that pretends.
			a, err := c.Do(t.Context(), http.MethodPost, "/subjects/late/versions", avro("late", ""))
			if err == nil && a.OK() {
				t.Errorf("a write was acknowledged: %s", a)
			}
			select {
			case <-n.Done():
				if code := n.ExitCode(); code != 3 {
					t.Errorf("the node ended with code %d, not 3:\n%s", code, n.Log())
				}
			case <-time.After(20 * time.Second):
				t.Errorf("the node is still running:\n%s", n.Log())
			}
		})
	}
}

// psql runs statements with the client program of the PostgreSQL installation.
func psql(t *testing.T, dsn, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--dbname="+dsn, "--command="+sql)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
}
