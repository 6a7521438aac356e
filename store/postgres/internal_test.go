package postgres

import (
	"strings"
	"testing"
	"time"
)

func TestPoolConfig(t *testing.T) {
	c := Config{DSN: "host=db.example.com user=u", LockTimeout: time.Second}.withDefaults()
	p, err := poolConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"lock_timeout": "1000", "statement_timeout": "10000",
		"idle_in_transaction_session_timeout": "15000", "application_name": "instar",
	}
	for name, value := range want {
		if got := p.ConnConfig.RuntimeParams[name]; got != value {
			t.Errorf("%s is %q and not %q", name, got, value)
		}
	}
	if p.MaxConns != 10 || p.ConnConfig.ConnectTimeout != 5*time.Second {
		t.Errorf("%d connections, %s to connect", p.MaxConns, p.ConnConfig.ConnectTimeout)
	}
	c.Pooler = true
	p, err = poolConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	for name := range want {
		if got, set := p.ConnConfig.RuntimeParams[name]; set {
			t.Errorf("behind a pooler %s is set to %q when connecting, which poolers refuse", name, got)
		}
	}
}

func TestTransportWarnings(t *testing.T) {
	for dsn, want := range map[string]string{
		"host=db.example.com sslmode=disable":     "not encrypted",
		"host=db.example.com sslmode=prefer":      "verify",
		"host=db.example.com sslmode=require":     "verify",
		"host=db.example.com sslmode=verify-full": "",
		"host=127.0.0.1 sslmode=disable":          "",
		"host=::1 sslmode=disable":                "",
		"host=localhost sslmode=disable":          "",
		"host=/var/run/postgresql":                "",
	} {
		var warnings []string
		c := Config{DSN: dsn + " user=u password=s3cret", Warn: func(s string) { warnings = append(warnings, s) }}.withDefaults()
		if _, err := poolConfig(c); err != nil {
			t.Errorf("%s: %v", dsn, err)
			continue
		}
		got := strings.Join(warnings, "\n")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: the warnings are %q", dsn, got)
		}
		if strings.Contains(got, "s3cret") {
			t.Errorf("%s: the warning tells the password", dsn)
		}
	}
}
