package pgtest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func (c *Cluster) psql(t *testing.T, dsn, sql string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.bin+"/psql", "-XAt", dsn, "-c", sql)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestDatabasesAreEmptyAndApart(t *testing.T) {
	c := Shared(t)
	a, b := Database(t), Database(t)
	if a == b {
		t.Fatalf("two tests share %s", a)
	}
	c.psql(t, a, "CREATE TABLE t (x int)")
	if n := c.psql(t, b, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"); n != "0" {
		t.Errorf("the second database has %s tables", n)
	}
	if got := c.psql(t, a, "SHOW fsync"); got != "off" {
		t.Errorf("fsync is %s", got)
	}
}

func TestRestartKeepsTheData(t *testing.T) {
	c, err := Start(t.Context(), Options{Fsync: true, Settings: map[string]string{"max_connections": "17"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(c.dir); !os.IsNotExist(err) {
			t.Errorf("the cluster's folder remains: %v", err)
		}
	}()
	name, err := c.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := c.psql(t, c.TCP(name), "SELECT current_setting('fsync') || current_setting('max_connections')"); got != "on17" {
		t.Errorf("the settings are %s", got)
	}
	c.psql(t, c.DSN(name), "CREATE TABLE t (x int); INSERT INTO t VALUES (7)")
	if err := c.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.psql(t, c.DSN(name), "SELECT x FROM t"); got != "7" {
		t.Errorf("after the restart the table holds %q", got)
	}
}

func TestMissingPrograms(t *testing.T) {
	if complete(t.TempDir()) {
		t.Error("an empty folder is complete")
	}
	if major("/usr/lib/postgresql/15/bin") != 15 || major("/opt/x/bin") != 0 {
		t.Error("the version of a folder is read wrongly")
	}
}

// TestDeathOfTheParent starts this binary again, which starts a server and then
// dies by kill -9; the server must end too.
func TestDeathOfTheParent(t *testing.T) {
	if os.Getenv("INSTAR_PGTEST_CHILD") != "" {
		c, err := Start(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(os.Getenv("INSTAR_PGTEST_CHILD"), []byte(c.dir), 0o600); err != nil {
			t.Fatal(err)
		}
		p, _ := os.FindProcess(os.Getpid())
		_ = p.Kill()
		select {}
	}
	mark := t.TempDir() + "/dir"
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDeathOfTheParent$")
	child.Env = append(os.Environ(), "INSTAR_PGTEST_CHILD="+mark)
	if err := child.Run(); err == nil {
		t.Fatal("the child did not die")
	}
	dir, err := os.ReadFile(mark)
	if err != nil {
		t.Fatalf("the child died before its server was up: %v", err)
	}
	defer os.RemoveAll(string(dir))
	for range 500 {
		if _, err := os.Stat(string(dir) + "/data/postmaster.pid"); os.IsNotExist(err) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the server outlived its parent")
}

func TestLeftoversAreRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	old, young, alive := os.TempDir()+"/"+prefix+"old", os.TempDir()+"/"+prefix+"young", os.TempDir()+"/"+prefix+"alive"
	for _, dir := range []string{old, young, alive} {
		if err := os.MkdirAll(dir+"/data", 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(alive+"/data/postmaster.pid", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	for _, dir := range []string{old, alive} {
		if err := os.Chtimes(dir, yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
	}
	removeLeftovers()
	for dir, want := range map[string]bool{old: false, young: true, alive: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s remains: %v", dir, err == nil)
		}
	}
}
