package tree

import (
	"crypto/tls"
	"crypto/x509"
	"os"

	"github.com/instar-registry/instar/lint"
)

// certificates reads the files that INSTAR_CA, INSTAR_CERT and INSTAR_KEY name:
// an authority to trust, and a client certificate; nil if none are named.
func certificates(getenv func(string) string, suffix string) (*tls.Config, error) {
	get := func(name string) string {
		if v := getenv(name + suffix); v != "" {
			return v
		}
		return getenv(name)
	}
	authority, certificate := get("INSTAR_CA"), get("INSTAR_CERT")
	if authority == "" && certificate == "" {
		return nil, nil //nolint:nilnil // documented
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if authority != "" {
		pem, err := os.ReadFile(authority)
		if err != nil {
			return nil, &lint.InputError{What: "INSTAR_CA cannot be read: " + err.Error()}
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, &lint.InputError{What: "INSTAR_CA " + authority + " holds no certificate", Hint: "it is to be in PEM"}
		}
	}
	if certificate != "" {
		pair, err := tls.LoadX509KeyPair(certificate, get("INSTAR_KEY"))
		if err != nil {
			return nil, &lint.InputError{What: "INSTAR_CERT and INSTAR_KEY cannot be used: " + err.Error()}
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}
