package telemetry

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestLogHidesSecrets(t *testing.T) {
	var out bytes.Buffer
	l := NewLogging(&out, nil)
	l.Hide("correct-horse", "abc")
	token := "instar_" + strings.Repeat("aB3", 16) + "x"
	for _, text := range []bool{false, true} {
		l.Set("debug", text)
		log := l.Logger().With("dsn", "postgres://u:pw@h/d").WithGroup("g").With("Authorization", "Bearer xyzzyxyzzy")
		log.Warn("x", "a", "text with correct-horse inside", "err", fmt.Errorf("connect: %w", errors.New("postgres://u:hunter2@h:5432/d?x=y refused")))
		log.Info("x", "b", "token "+token+" and "+token+", user abc", "c", "see https://example.com/a@b and http://user:pa@ss@host/")
		log.Info("x", "d", slog.GroupValue(slog.String("password", "inner-secret")))
	}
	got := out.String()
	for _, secret := range []string{"correct-horse", "hunter2", "xyzzyxyzzy", token, "pa@ss", "inner-secret", "u:pw@"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q is in the log:\n%s", secret, got)
		}
	}
	for _, kept := range []string{"text with *** inside", "postgres://u:***@h:5432/d?x=y refused", "https://example.com/a@b", "http://user:***@host/", "user abc"} {
		if !strings.Contains(got, kept) {
			t.Errorf("%q is missing in the log:\n%s", kept, got)
		}
	}
}

func TestLogCannotBeForged(t *testing.T) {
	var out bytes.Buffer
	l := NewLogging(&out, nil)
	for _, text := range []bool{false, true} {
		l.Set("info", text)
		l.Logger().Info("request", "subject", "a\nlevel=ERROR msg=forged\r\x1b[2J")
	}
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("two records made %d lines:\n%s", n, out.String())
	}
	if strings.ContainsAny(out.String(), "\r\x1b") {
		t.Error("control characters reach the terminal")
	}
}

func TestLogLevelAndFormatChangeUnderWay(t *testing.T) {
	var out bytes.Buffer
	l := NewLogging(&out, nil)
	log := l.Logger().With("k", "v")
	log.Debug("hidden")
	l.Set("debug", true)
	log.Debug("shown")
	l.Set("nonsense", false)
	log.Info("json")
	if got := out.String(); strings.Contains(got, "hidden") || !strings.Contains(got, "msg=shown k=v") || !strings.Contains(got, `"msg":"json","k":"v"`) {
		t.Error(got)
	}
}

func TestRepeatedWarningsAreCounted(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	l := NewLogging(&out, func() time.Time { return now })
	for range 25 {
		l.Logger().Warn("again")
		l.Logger().Info("often")
	}
	l.Logger().Error("other")
	if got := strings.Count(out.String(), "again"); got != 10 {
		t.Errorf("%d lines, want 10", got)
	}
	if strings.Count(out.String(), "often") != 25 || strings.Count(out.String(), "other") != 1 {
		t.Error("other lines are missing")
	}
	now = now.Add(time.Minute)
	out.Reset()
	l.Logger().Warn("again")
	l.Logger().Warn("again")
	if got := out.String(); !strings.Contains(got, `"suppressed":15`) || strings.Count(got, "suppressed") != 1 {
		t.Errorf("the count of dropped lines is missing: %s", got)
	}
}
