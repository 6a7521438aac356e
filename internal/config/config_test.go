package config

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/instar-registry/instar/schema"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	c := Default()
	if c.Server.Listen != "127.0.0.1:8081" || c.Server.MaxHeader != 16<<10 || c.Server.DrainDelay != 5*time.Second ||
		c.Storage.Driver != "sqlite" || !c.Storage.Migrate || c.Registry.IncompatibleCode != 409 ||
		c.Auth.MaxTokenTTL != 365*24*time.Hour || c.Server.CORSOrigins != nil {
		t.Errorf("unexpected defaults: %+v", c)
	}
	if c.Limits.Limits != schema.DefaultLimits() {
		t.Errorf("limits differ from schema.DefaultLimits:\n%+v\n%+v", c.Limits.Limits, schema.DefaultLimits())
	}
	if c.Limits.BodyBytes != 2<<20 || c.Limits.ImportBytes != 10<<30 {
		t.Errorf("unexpected body limits: %+v", c.Limits)
	}
}

// Every key is documented, its default and bounds are well formed and agree,
// and no two keys, or a key and the file variant of a secret, share a name.
func TestKeysAreSound(t *testing.T) {
	names, envs := map[string]bool{}, map[string]string{}
	claim := func(env, by string) {
		if other, taken := envs[env]; taken {
			t.Errorf("%s and %s share the variable %s", by, other, env)
		}
		envs[env] = by
	}
	for _, k := range Keys() {
		if names[k.Name] {
			t.Errorf("%s exists twice", k.Name)
		}
		names[k.Name] = true
		if len(k.Help) < 10 || !strings.HasSuffix(k.Help, ".") {
			t.Errorf("%s: the help %q is no sentence", k.Name, k.Help)
		}
		claim(k.Env(), k.Name)
		if k.Secret {
			claim(k.Env()+"_FILE", k.Name)
		}
		if clientVariables[k.Env()] {
			t.Errorf("%s takes the variable of a client command", k.Name)
		}
		for _, bound := range []string{k.Min, k.Max} {
			if _, ok := k.bound(bound); bound != "" && !ok {
				t.Errorf("%s: bound %q is malformed", k.Name, bound)
			}
		}
		if (k.Type == Number || k.Type == Size || k.Type == Duration) && len(k.Enum) == 0 && k.Max == "" {
			t.Errorf("%s has no upper bound", k.Name)
		}
		if !regexp.MustCompile(`^[a-z0-9.-]+$`).MatchString(k.Name) {
			t.Errorf("%s is not lower case", k.Name)
		}
	}
	for _, s := range Sections() {
		if s.Help == "" {
			t.Errorf("section %s has no help", s.Name)
		}
	}
	if len(Keys()) < 100 {
		t.Errorf("only %d keys", len(Keys()))
	}
}

func TestPrecedenceAndSources(t *testing.T) {
	file := write(t, "registry.yaml", "server:\n  listen: \":1\"\n  drain-delay: 1s\n  max-header: 8KiB\nstorage: {driver: memory}\n")
	l, err := Load(Input{
		File: file, Environ: []string{"PATH=/bin", "INSTAR_SERVER_LISTEN=:2", "INSTAR_SERVER_DRAIN_DELAY=2s", "INSTAR_SERVER_CORS_ORIGINS=https://a.example, https://b.example"},
		Flags: map[string]string{"server.listen": ":3"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if l.Server.Listen != ":3" || l.Server.DrainDelay != 2*time.Second || l.Server.MaxHeader != 8192 || l.Storage.Driver != "memory" {
		t.Errorf("wrong winner: %+v", l.Server)
	}
	if !reflect.DeepEqual(l.Server.CORSOrigins, []string{"https://a.example", "https://b.example"}) {
		t.Errorf("list: %q", l.Server.CORSOrigins)
	}
	for key, want := range map[string]string{
		"server.listen": "flag", "server.drain-delay": "env INSTAR_SERVER_DRAIN_DELAY",
		"server.max-header": file + ":4", "storage.driver": file + ":5", "server.read-timeout": "default",
	} {
		if got := l.Origin(key).String(); got != want {
			t.Errorf("%s comes from %q, want %q", key, got, want)
		}
	}
	if l.File != file || !reflect.DeepEqual(l.Files, []string{file}) {
		t.Errorf("file %q, files %q", l.File, l.Files)
	}
}

func TestEmptyVariables(t *testing.T) {
	l, err := Load(Input{File: os.DevNull, Environ: []string{"INSTAR_LOG_LEVEL=", "INSTAR_SERVER_DRAIN_DELAY=", "INSTAR_SERVER_ADMIN_LISTEN="}})
	if err != nil || l.Log.Level != "info" || l.Server.DrainDelay != 5*time.Second || l.Server.AdminListen != "" {
		t.Errorf("%+v %v", l, err)
	}
}

func TestConfigVariableNamesTheFile(t *testing.T) {
	file := write(t, "x.yaml", "log: {level: debug}\n")
	l, err := Load(Input{Environ: []string{"INSTAR_CONFIG=" + file}})
	if err != nil || l.Log.Level != "debug" {
		t.Fatal(l, err)
	}
	if _, err := Load(Input{File: file + "x"}); err == nil || !strings.Contains(err.Error(), "cannot be read: no such file") {
		t.Errorf("a named file must exist: %v", err)
	}
}

// One run reports every mistake of a file, of the environment and of the flags.
func TestAllProblemsAtOnce(t *testing.T) {
	file := write(t, "registry.yaml", `server:
  lisen: ":8081"
  drain-delay: 5
  max-in-flight: "7"
  max-header: 1KiB
  gzip-request: yes
  trusted-proxies: [10.0.0.0/8, nonsense]
storage:
  driver: postgre
  sqlite: here
nonsense: 1
limits: {json-depth: 1000000}
tls: {cert-file: a.pem}
dsn: x
`)
	_, err := Load(Input{
		File:    file,
		Environ: []string{"INSTAR_SERVER_LISTENN=:1", "INSTAR_LOG_LEVEL_FILE=/x", "INSTAR_AUTH_MODE=maybe", "INSTAR_QWERTYUIOPASDFGH=1"},
		Flags:   map[string]string{"storage.postgres.dsn": "postgres://u:hunter2@h/d", "server.admin-listen": "localhost"},
	})
	if err == nil {
		t.Fatal("accepted")
	}
	got := strings.ReplaceAll(err.Error(), file, "FILE")
	for _, want := range []string{
		"FILE:2:3: server.lisen is not a configuration key; did you mean server.listen?",
		"FILE:3:16: server.drain-delay takes a duration, not a whole number; write it with its unit, such as 30s",
		"FILE:4:18: server.max-in-flight takes a number, not text; write it without quotes",
		`FILE:5:15: server.max-header: "1KiB" is below the minimum of 4KiB`,
		"FILE:6:17: server.gzip-request takes true or false, not text; write it without quotes",
		`FILE:7:20: server.trusted-proxies holds "nonsense", which is neither an address nor a network such as 10.0.0.0/8`,
		`FILE:9:11: storage.driver: "postgre" is none of sqlite, postgres, memory; did you mean postgres?`,
		"FILE:10:11: storage.sqlite is a section with keys of its own, not text",
		"FILE:11:1: nonsense is not a configuration key; the sections are auth, limits, log, metrics, ratelimit, registry, server, storage, tls",
		`FILE:12:22: limits.json-depth: "1000000" is above the maximum of 2000`,
		"tls.key-file is missing although tls.cert-file is set",
		"FILE:14:1: dsn is not a configuration key; did you mean storage.postgres.dsn?",
		"environment variable INSTAR_SERVER_LISTENN: there is no such setting; did you mean INSTAR_SERVER_LISTEN?",
		"environment variable INSTAR_LOG_LEVEL_FILE: only secrets can be read from a file; set INSTAR_LOG_LEVEL",
		`environment variable INSTAR_AUTH_MODE: auth.mode: "maybe" is none of none, required`,
		"environment variable INSTAR_QWERTYUIOPASDFGH: there is no such setting; run",
		"flag --storage.postgres.dsn: a secret cannot be a flag",
		"flag --server.admin-listen: server.admin-listen has no port; write host:port or :port",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing: %s", want)
		}
	}
	if n := strings.Count(got, "\n") + 1; n != 18 {
		t.Errorf("%d problems, want 18:\n%s", n, got)
	}
	if strings.Contains(got, "hunter2") {
		t.Error("the secret is in the error text")
	}
}

func TestKubernetesVariablesPass(t *testing.T) {
	_, err := Load(Input{File: os.DevNull, Environ: []string{
		"INSTAR_SERVICE_HOST=10.0.0.1", "INSTAR_SERVICE_PORT=8081", "INSTAR_SERVICE_PORT_HTTP=8081", "INSTAR_PORT=tcp://10.0.0.1:8081",
		"INSTAR_PORT_8081_TCP=tcp://10.0.0.1:8081", "INSTAR_PORT_8081_TCP_PROTO=tcp", "INSTAR_PORT_8081_TCP_PORT=8081", "INSTAR_PORT_8081_TCP_ADDR=10.0.0.1",
		"INSTAR_ADMIN_SERVICE_HOST=10.0.0.2", "INSTAR_ADMIN_PORT=tcp://10.0.0.2:9081",
		"INSTAR_URL=http://x", "INSTAR_TOKEN=t", "INSTAR_BASIC=a:b",
	}})
	if err != nil {
		t.Error(err)
	}
	for _, e := range []string{"INSTAR_PORT=8081", "INSTAR_SERVER_PORT=8081"} {
		if _, err := Load(Input{File: os.DevNull, Environ: []string{e}}); err == nil {
			t.Errorf("%s passed, although Kubernetes does not write it so", e)
		}
	}
}

func TestSecrets(t *testing.T) {
	const dsn = "postgres://u:hunter2@h/d"
	file := write(t, "dsn", dsn+"\n")
	l, err := Load(Input{File: os.DevNull, Environ: []string{"INSTAR_STORAGE_DRIVER=postgres", "INSTAR_STORAGE_POSTGRES_DSN_FILE=" + file}})
	if err != nil {
		t.Fatal(err)
	}
	if l.Storage.Postgres.DSN.Reveal() != dsn || len(l.Warnings) != 0 {
		t.Errorf("%q, warnings %q", l.Storage.Postgres.DSN.Reveal(), l.Warnings)
	}
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("x", "dsn", l.Storage.Postgres.DSN, "all", l.Config)
	fmt.Fprintf(&out, "%v %+v %#v %s %q %x", l.Config, l.Config, l.Config, l.Storage.Postgres.DSN, l.Storage.Postgres.DSN, l.Storage.Postgres.DSN)
	if err := l.Print(&out, true); err != nil {
		t.Fatal(err)
	}
	if err := l.PrintJSON(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hunter2") || strings.Contains(out.String(), fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("the secret leaks: %s", out.String())
	}
	if !strings.Contains(out.String(), "storage.postgres.dsn") || !strings.Contains(out.String(), masked) {
		t.Error("the key or its mask is missing")
	}

	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	l, err = Load(Input{File: os.DevNull, Environ: []string{"INSTAR_STORAGE_POSTGRES_DSN_FILE=" + file}})
	if err != nil || len(l.Warnings) != 1 || !strings.Contains(l.Warnings[0], "chmod o-r") {
		t.Errorf("warnings %q, error %v", l.Warnings, err)
	}
	_, err = Load(Input{File: os.DevNull, Environ: []string{"INSTAR_STORAGE_POSTGRES_DSN=x", "INSTAR_STORAGE_POSTGRES_DSN_FILE=" + file}})
	if err == nil || !strings.Contains(err.Error(), "are both set; keep one of them") {
		t.Error(err)
	}
	_, err = Load(Input{File: os.DevNull, Environ: []string{"INSTAR_STORAGE_POSTGRES_DSN_FILE=" + file + "x"}})
	if err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}

func TestSecretInWorldReadableFileWarns(t *testing.T) {
	file := write(t, "registry.yaml", "storage: {driver: postgres, postgres: {dsn: 'postgres://h/d'}}\n")
	if err := os.Chmod(file, 0o604); err != nil {
		t.Fatal(err)
	}
	l, err := Load(Input{File: file})
	if err != nil || len(l.Warnings) != 1 {
		t.Errorf("%v %v", l, err)
	}
}

func TestSizesAndDurations(t *testing.T) {
	for text, want := range map[string]Bytes{"0": 0, "512": 512, "64KiB": 65536, "2 MiB": 2 << 20, "1GiB": 1 << 30, "1MB": 1e6, "7B": 7} {
		if got, err := parseBytes(text); err != nil || got != want {
			t.Errorf("%q: %d %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "1.5MiB", "x", "9223372036854775807GiB", "KiB"} {
		if got, err := parseBytes(text); err == nil {
			t.Errorf("%q accepted as %d", text, got)
		}
	}
	for _, text := range []string{"0s", "500ms", "90s", "5m", "12h", "365d", "1m30s"} {
		d, err := parseDuration(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if again, err := parseDuration(formatDuration(d)); err != nil || again != d {
			t.Errorf("%q prints as %q", text, formatDuration(d))
		}
	}
	for _, text := range []string{"", "5", "d", "99999999999d", "1x", "1.5d"} {
		if _, err := parseDuration(text); err == nil {
			t.Errorf("%q accepted", text)
		}
	}
}

func TestChangedAndApply(t *testing.T) {
	a, b := Default(), Default()
	b.Log.Level, b.RateLimit.Lists.Rate, b.Server.Listen = "debug", 7, ":9"
	reload, restart := Changed(&a, &b)
	if !reflect.DeepEqual(reload, []string{"ratelimit.lists.rate", "log.level"}) || !reflect.DeepEqual(restart, []string{"server.listen"}) {
		t.Errorf("%q %q", reload, restart)
	}
	c := Apply(&a, &b)
	if c.Log.Level != "debug" || c.RateLimit.Lists.Rate != 7 || c.Server.Listen != a.Server.Listen {
		t.Errorf("%+v", c)
	}
}

func TestIsLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:1": true, "localhost:1": true, "[::1]:1": true, ":1": false, "0.0.0.0:1": false, "10.0.0.1:1": false, "[::]:1": false, "host:1": false,
	} {
		if IsLoopback(address) != want {
			t.Errorf("%s: %v", address, !want)
		}
	}
}

// The JSON Schema accepts the examples and refuses what Load refuses.
func TestJSONSchemaAgreesWithLoad(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("config.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	for text, ok := range map[string]bool{
		`{}`: true, `{"server":null}`: true,
		`{"server":{"listen":":1","drain-delay":"5s","max-header":"8KiB"},"registry":{"incompatible-code":40901}}`: true,
		`{"tls":{"min-version":1.2}}`: true, `{"server":{"trusted-proxies":["10.0.0.0/8"]}}`: true,
		`{"server":{"lisen":":1"}}`: false, `{"server":{"drain-delay":5}}`: false, `{"server":{"max-in-flight":0}}`: false,
		`{"storage":{"driver":"postgre"}}`: false, `{"registry":{"incompatible-code":410}}`: false, `{"log":{"level":true}}`: false,
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Validate(v) == nil; got != ok {
			t.Errorf("schema says %v to %s", got, text)
		}
		if _, err := Load(Input{File: write(t, "x.yaml", text)}); (err == nil) != ok {
			t.Errorf("Load says %v to %s", err, text)
		}
	}
}

func FuzzLoadFile(f *testing.F) {
	f.Add("server: {listen: ':1', drain-delay: 5s}\n")
	f.Add("storage:\n  postgres:\n    dsn: x\n  driver: postgres\n")
	f.Add("limits: {json-depth: 99999999999999999999}\nserver: [1]\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "x.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := Load(Input{File: path})
		if (l == nil) == (err == nil) {
			t.Fatalf("%v and %v", l, err)
		}
	})
}
