package assembly

import (
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/config"
	"github.com/instar-registry/instar/registry"
)

func TestDefaultsAgree(t *testing.T) {
	c := config.Default()
	if got, want := Settings(&c), registry.DefaultSettings(); got != want {
		t.Errorf("an unconfigured server has other settings than the registry's defaults:\n%+v\n%+v", got, want)
	}
	l := RateLimits(&c.RateLimit)
	if l.List.PerSecond != 50 || l.Write.Burst != 200 || l.Expensive.Burst != 100 || l.ExpensiveAtOnce < 2 || l.Buckets != 100_000 {
		t.Errorf("%+v", l)
	}
	c.RateLimit.Enabled = false
	if l := RateLimits(&c.RateLimit); l.List.PerSecond != 0 || l.ExpensiveAtOnce < 2 || l.FailedLogins != 10 {
		t.Errorf("turned off: %+v", l)
	}
}

func TestDescriptionsHideSecrets(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://u:hunter2@db:5432/instar?sslmode=require&password=hunter2": "PostgreSQL, db:5432/instar",
		"host=db user=u password=hunter2 dbname=instar":                        "PostgreSQL, db instar",
		"": "PostgreSQL",
	} {
		if got := describePostgres(dsn); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMetadataSecretForms(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	for name, text := range map[string]string{
		"raw": string(key), "hex": hex.EncodeToString(key) + "\n", "base64": base64.StdEncoding.EncodeToString(key) + "\n",
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := readSealer(path); err != nil || s == nil || string(decodeKey([]byte(text))) != string(key) {
			t.Errorf("%s: %v", name, err)
		}
	}
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, []byte("too short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readSealer(short); err == nil || !strings.Contains(err.Error(), "9 bytes; 32 are needed; make one with") {
		t.Error(err)
	}
	if _, err := readSealer(short + "x"); err == nil || !strings.Contains(err.Error(), "registry.metadata-secret-file") {
		t.Error(err)
	}
	if s, err := readSealer(""); s != nil || err != nil {
		t.Error(s, err)
	}
}

// What one process writes directly, the next one finds.
func TestDirect(t *testing.T) {
	c := config.Default()
	c.Storage.SQLite.Path = filepath.Join(t.TempDir(), "instar.db")
	logger := slog.New(slog.DiscardHandler)
	by := registry.By{Actor: "local:test", Principal: "local:test", Request: "test"}
	err := Direct(t.Context(), &c, Serve, logger, func(s *registry.Service) error {
		_, err := s.CreateToken(t.Context(), by, registry.CreateToken{Name: "a", Hash: strings.Repeat("0", 64), TTL: time.Hour.Microseconds()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err = Direct(t.Context(), &c, Inspect, logger, func(s *registry.Service) error {
			if s.State().Token("a") == nil {
				t.Error("the token is gone")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	list, err := Migrations(t.Context(), &c, logger)
	if err != nil || len(list) == 0 || !list[0].Applied {
		t.Errorf("%+v %v", list, err)
	}
	c.Storage.Driver = "paper"
	if _, err := Open(t.Context(), &c, Serve, logger); err == nil {
		t.Error("an unknown driver opens")
	}
}

// TestReproducerDir: what shows a broken plan is kept beside the SQLite file, where
// the key says, or not at all.
func TestReproducerDir(t *testing.T) {
	for _, c := range []struct{ driver, path, dir, want string }{
		{"sqlite", "instar.db", "", "reproducers"},
		{"sqlite", filepath.Join("data", "instar.db"), "", filepath.Join("data", "reproducers")},
		{"sqlite", "instar.db", "elsewhere", "elsewhere"},
		{"sqlite", "instar.db", "off", ""},
		{"postgres", "instar.db", "", ""},
		{"postgres", "", "elsewhere", "elsewhere"},
		{"memory", "", "", ""},
	} {
		var x config.Config
		x.Storage.Driver, x.Storage.SQLite.Path, x.Storage.ReproducerDir = c.driver, c.path, c.dir
		if got := ReproducerDir(&x); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
