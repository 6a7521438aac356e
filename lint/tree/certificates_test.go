package tree

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/lint"
)

// TestCertificates: a registry whose certificate nobody knows is reached by its
// authority alone, and files that are none are refused by name.
func TestCertificates(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("[]")) }))
	defer server.Close()
	dir := t.TempDir()
	authority, broken := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "broken.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for name, body := range map[string][]byte{authority: text, broken: []byte("none")} {
		if err := os.WriteFile(name, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := &lint.Config{Registries: map[string]lint.Registry{"prod": {URL: server.URL}}}
	connect := func(env map[string]string) error {
		r, err := Connect("prod", config, func(name string) string { return env[name] })
		if err != nil {
			return err
		}
		_, err = r.Client.Subjects(t.Context(), client.SubjectsQuery{})
		return err
	}
	if err := connect(map[string]string{"INSTAR_CA": broken, "INSTAR_CA_PROD": authority}); err != nil {
		t.Errorf("with the authority: %v", err)
	}
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"INSTAR_CA": broken}, "broken.pem holds no certificate"},
		{map[string]string{"INSTAR_CA": filepath.Join(dir, "none")}, "INSTAR_CA cannot be read"},
		{map[string]string{"INSTAR_CERT": authority, "INSTAR_KEY": broken}, "INSTAR_CERT and INSTAR_KEY cannot be used"},
	} {
		if err := connect(c.env); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %s", c.env, err, c.want)
		}
	}
}
