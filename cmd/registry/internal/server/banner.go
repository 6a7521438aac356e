package server

import (
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/instar-registry/instar/internal/config"
)

// banner greets a person at a terminal with what they need next: where the
// registry answers, what it keeps and who may use it.
func banner(w io.Writer, version, url, admin, store string, c *config.Config) {
	auth := "off, everybody may do everything"
	if c.Auth.Mode != "none" {
		auth = "required"
		if c.Auth.AnonymousRead {
			auth += ", reading is open to everybody"
		}
	}
	rows := [][2]string{
		{"registry", url},
		{"metrics", admin},
		{"storage", store},
		{"auth", auth},
		{"policy", c.Registry.Compatibility + " / " + c.Registry.Policy},
		{"try", "curl " + url + "/subjects"},
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n  ◖instar◗  %s\n\n", version)
	for _, r := range rows {
		if r[1] != "" {
			fmt.Fprintf(&b, "    %-9s %s\n", r[0], r[1])
		}
	}
	b.WriteString("\n")
	_, _ = io.WriteString(w, b.String()) // a terminal that is gone reads no greeting
}

// url is where a client on this machine reaches a listener.
func url(a net.Addr, tls bool, path string) string {
	scheme := "http"
	if tls {
		scheme = "https"
	}
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return scheme + "://" + a.String() + path
	}
	host := t.IP.String()
	if t.IP.IsUnspecified() || t.IP.IsLoopback() {
		host = "localhost"
	}
	return fmt.Sprintf("%s://%s%s", scheme, net.JoinHostPort(host, fmt.Sprint(t.Port)), path)
}
