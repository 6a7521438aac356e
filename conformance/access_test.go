package conformance

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/instar-registry/instar/internal/nodetest"
)

// TestAccess runs clients with a name and password, and with tokens, against a
// registry that requires them: unchanged clients know no other way.
func TestAccess(t *testing.T) {
	n, root := guarded(t)
	admin := nodetest.NewClient(n.URL, 1, 10*time.Second)
	defer admin.Close()
	put := func(path string) {
		t.Helper()
		a, err := admin.Do(t.Context(), http.MethodPut, path, nil, "Authorization", "Bearer "+root)
		if err != nil || !a.OK() {
			t.Fatalf("PUT %s: %s, %v", path, a, err)
		}
	}
	put("/auth/grants/user:ada/publisher?pattern=orders-*")
	put("/auth/grants/user:ada/viewer?pattern=public-*")
	full := franzWith(t, n.URL, sr.BearerToken(root))
	for _, subject := range []string{"public-a", "secret-a"} {
		if _, err := full.CreateSchema(t.Context(), subject, sr.Schema{Schema: avroV1}); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("franz-go", func(t *testing.T) { franzAccess(t, n.URL, root) })
	t.Run("confluent-kafka-go", func(t *testing.T) { confluentAccess(t, n.URL, root) })
}

// guarded starts a registry with one user, ada, and one administrator's token.
func guarded(t *testing.T) (*nodetest.Node, string) {
	t.Helper()
	dir := t.TempDir()
	root := program(t, "", "token", "generate")
	hash := program(t, "lovelace\n", "user", "hash")
	files := map[string]string{"root": root + "\n", "users": "ada:" + hash + "\n"}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return start(t, map[string]string{
		"INSTAR_AUTH_MODE":                 "required",
		"INSTAR_AUTH_USERS_FILE":           filepath.Join(dir, "users"),
		"INSTAR_AUTH_BOOTSTRAP_TOKEN_FILE": filepath.Join(dir, "root"),
	}), root
}

// program runs a command of the registry and returns its one line.
func program(t *testing.T, input string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, registry, args...)
	cmd.Stdin = strings.NewReader(input)
	var out, diagnostics bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diagnostics
	if err := cmd.Run(); err != nil {
		t.Fatalf("registry %s: %v\n%s", strings.Join(args, " "), err, diagnostics.String())
	}
	return strings.TrimSpace(out.String())
}

func franzWith(t *testing.T, url string, opts ...sr.ClientOpt) *sr.Client {
	t.Helper()
	cl, err := sr.NewClient(append(opts, sr.URLs(url))...)
	if err != nil {
		t.Fatal(err)
	}
	return cl
}

func franzAccess(t *testing.T, url, root string) {
	ctx := t.Context()
	status := func(err error, want int) {
		t.Helper()
		var re *sr.ResponseError
		if !errors.As(err, &re) || re.StatusCode != want {
			t.Errorf("%v is not the answer %d", err, want)
		}
	}
	for name, cl := range map[string]*sr.Client{
		"no credential":  franzWith(t, url),
		"wrong password": franzWith(t, url, sr.BasicAuth("ada", "babbage")),
		"unknown user":   franzWith(t, url, sr.BasicAuth("eve", "lovelace")),
		"broken token":   franzWith(t, url, sr.BearerToken(root[:len(root)-1]+"!")),
	} {
		_, err := cl.Subjects(ctx)
		if err == nil {
			t.Errorf("%s: subjects were listed", name)
			continue
		}
		status(err, http.StatusUnauthorized)
	}

	ada := franzWith(t, url, sr.BasicAuth("ada", "lovelace"))
	if _, err := ada.CreateSchema(ctx, "orders-value", sr.Schema{Schema: avroV1}); err != nil {
		t.Error(err)
	}
	subjects, err := ada.Subjects(ctx)
	if err != nil || !slices.Equal(subjects, []string{"orders-value", "public-a"}) {
		t.Errorf("ada sees %q, %v", subjects, err)
	}
	_, hidden := ada.SchemaByVersion(ctx, "secret-a", 1)
	_, absent := ada.SchemaByVersion(ctx, "secret-b", 1)
	status(hidden, http.StatusNotFound)
	status(absent, http.StatusNotFound)
	if hidden != nil && absent != nil && strings.ReplaceAll(hidden.Error(), "secret-a", "secret-b") != absent.Error() {
		t.Errorf("a hidden subject answers %q, an absent one %q", hidden, absent)
	}
	_, err = ada.CreateSchema(ctx, "public-a", sr.Schema{Schema: avroV2})
	status(err, http.StatusForbidden)
	_, err = ada.DeleteSubject(ctx, "orders-value", sr.SoftDelete)
	status(err, http.StatusForbidden)
	status(ada.SetCompatibility(ctx, sr.SetCompatibility{Level: sr.CompatNone}, "orders-value")[0].Err, http.StatusForbidden)

	// A token goes as the password of Basic too, under its own name.
	byBasic := franzWith(t, url, sr.BasicAuth("bootstrap", root))
	if all, err := byBasic.Subjects(ctx); err != nil || !slices.Contains(all, "secret-a") {
		t.Errorf("the token as a password lists %q, %v", all, err)
	}
}

func confluentAccess(t *testing.T, url, root string) {
	ada, err := schemaregistry.NewClient(schemaregistry.NewConfigWithBasicAuthentication(url, "ada", "lovelace"))
	if err != nil {
		t.Fatal(err)
	}
	c := confluent{t, ada}
	id, err := ada.Register("orders-key", schemaregistry.SchemaInfo{Schema: avroV1}, false)
	c.must(err)
	got, err := ada.GetBySubjectAndID("orders-key", id)
	c.must(err)
	if got.Schema != avroV1 {
		t.Errorf("the text is %q", got.Schema)
	}
	_, err = ada.Register("public-a", schemaregistry.SchemaInfo{Schema: avroV2}, false)
	c.refused(err, http.StatusForbidden, "")
	bearer, err := schemaregistry.NewClient(schemaregistry.NewConfigWithBearerAuthentication(url, root, "lsrc", "pool"))
	c.must(err)
	subjects, err := bearer.GetAllSubjects()
	c.must(err)
	if !slices.Contains(subjects, "secret-a") {
		t.Errorf("the token lists %q", subjects)
	}
}
