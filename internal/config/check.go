package config

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// check finds what no single value shows.
func (l *loader) check() {
	c := &l.out.Config
	l.checkAddress("server.listen", c.Server.Listen, false)
	l.checkAddress("server.admin-listen", c.Server.AdminListen, true)
	if c.Server.Listen == c.Server.AdminListen && !strings.HasSuffix(c.Server.Listen, ":0") {
		l.at("server.admin-listen", "is the same address as server.listen; choose another port, or leave it empty to have no admin listener")
	}
	l.checkURLs(c)
	l.checkTLS(c)
	if c.Storage.Driver == "postgres" && c.Storage.Postgres.DSN == "" {
		l.at("storage.postgres.dsn", "is missing although storage.driver is postgres; set it in the file, or set INSTAR_STORAGE_POSTGRES_DSN or INSTAR_STORAGE_POSTGRES_DSN_FILE")
	}
	if c.Storage.Driver == "sqlite" && c.Storage.SQLite.Path == "" {
		l.at("storage.sqlite.path", "is empty although storage.driver is sqlite")
	}
	l.checkSecretFiles(c)
}

// at reports a problem where the value of the key was set.
func (l *loader) at(key, what string) {
	l.problem(l.out.origins[key], key, "%s %s", key, what)
}

func (l *loader) checkAddress(key, address string, mayBeEmpty bool) {
	if address == "" && mayBeEmpty {
		return
	}
	i := strings.LastIndexByte(address, ':')
	if i < 0 {
		l.at(key, "has no port; write host:port or :port")
		return
	}
	if p, err := strconv.Atoi(address[i+1:]); err != nil || p < 0 || p > 65535 {
		l.at(key, "does not end in a port from 0 to 65535")
	}
	host := address[:i]
	if strings.Contains(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), ":") && !strings.HasPrefix(host, "[") {
		l.at(key, "has an IPv6 address without brackets; write [::1]:8081")
	}
}

func (l *loader) checkURLs(c *Config) {
	if p := c.Server.BasePath; p != "" && (!strings.HasPrefix(p, "/") || strings.HasSuffix(p, "/") || strings.Contains(p, "//")) {
		l.at("server.base-path", "must begin with a slash and end without one, such as /schemas")
	}
	if s := c.Server.PublicURL; s != "" && !isOrigin(s, true) {
		l.at("server.public-url", "must be an http or https URL without query, such as https://schemas.example.com")
	}
	for _, o := range c.Server.CORSOrigins {
		if !isOrigin(o, false) {
			l.at("server.cors-origins", "holds "+strconv.Quote(o)+", which is no origin such as https://ui.example.com")
		}
	}
	for _, p := range c.Server.TrustedProxies {
		if _, err := netip.ParseAddr(p); err == nil {
			continue
		}
		if _, err := netip.ParsePrefix(p); err != nil {
			l.at("server.trusted-proxies", "holds "+strconv.Quote(p)+", which is neither an address nor a network such as 10.0.0.0/8")
		}
	}
}

func isOrigin(s string, path bool) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == "" && (path || u.Path == "")
}

func (l *loader) checkTLS(c *Config) {
	if c.TLS.CertFile != "" && c.TLS.KeyFile == "" {
		l.at("tls.key-file", "is missing although tls.cert-file is set")
	}
	if c.TLS.KeyFile != "" && c.TLS.CertFile == "" {
		l.at("tls.cert-file", "is missing although tls.key-file is set")
	}
	if c.TLS.ClientAuth != "none" && c.TLS.ClientCAFile == "" {
		l.at("tls.client-ca-file", "is missing although tls.client-auth is "+c.TLS.ClientAuth)
	}
	if c.TLS.ClientAuth != "none" && c.TLS.CertFile == "" {
		l.at("tls.client-auth", "has no effect without tls.cert-file and tls.key-file")
	}
}

// checkSecretFiles warns of files with secrets that everybody may read, and
// watches the ones whose change is applied without restart. Whether a file is
// there is found out by the part that reads it.
func (l *loader) checkSecretFiles(c *Config) {
	for i := range Keys() {
		k := &Keys()[i]
		if !k.SecretFile && !strings.HasSuffix(k.Name, "-file") {
			continue
		}
		path := k.format(c)
		if path == "" {
			continue
		}
		if k.SecretFile {
			l.checkMode(path)
		}
		if k.Reload {
			l.watch(path)
		}
	}
}

// IsLoopback reports whether an address to listen on is reachable from this
// machine alone.
func IsLoopback(address string) bool {
	host := address[:max(strings.LastIndexByte(address, ':'), 0)]
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.IsLoopback()
}
