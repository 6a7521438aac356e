package arch

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// mayImport is the import table of docs/architecture.md: for each package, the
// packages of ours that it may import. "x/*" stands for the packages directly
// below x. A package without a row may not exist.
var mayImport = map[string][]string{
	"schema":                    {},
	"schema/avro":               {"schema", "internal/jsonx"},
	"schema/jsonschema":         {"schema", "schema/jsonschema/judge", "internal/jsonx"},
	"schema/jsonschema/judge":   {"schema", "internal/jsonx"},
	"schema/jsonschema/rx":      {},
	"schema/jsonschema/contain": {"schema", "schema/jsonschema", "schema/jsonschema/rx", "internal/jsonx"},
	"schema/protobuf":           {"schema", "internal/jsonx"},
	"schema/format":             {"schema", "schema/avro", "schema/jsonschema", "schema/protobuf"},
	"schema/frame":              {"schema"},
	"compat":                    {"schema", "schema/*", "schema/jsonschema/contain", "internal/jsonx"},
	"upcast":                    {"schema", "schema/*", "schema/jsonschema/contain", "upcast/*", "internal/jsonx", "internal/nearest", "internal/yamlx"},
	"upcast/plan":               {"schema", "schema/*", "internal/jsonx"},
	"upcast/jsonata":            {"schema", "schema/*", "internal/jsonx"},
	"batch":                     {"schema", "schema/*", "upcast", "upcast/plan", "internal/jsonx", "internal/nearest", "internal/yamlx", "internal/reproducer"},
	"registry":                  {"schema", "schema/*", "compat", "upcast", "internal/lru", "internal/jsonx", "internal/plant"},
	"migrations":                {},
	"store":                     {},
	"store/internal/sqllog":     {"registry", "store/internal/failpoint", "internal/plant"},
	"store/internal/failpoint":  {},
	"store/memory":              {"registry", "store/internal/sqllog"},
	"store/sqlite":              {"registry", "store/internal/sqllog", "store/internal/failpoint", "migrations"},
	"store/postgres":            {"registry", "store/internal/sqllog", "store/internal/failpoint", "migrations"},
	"store/storetest":           {"registry", "store/internal/sqllog"},
	"auth":                      {"registry", "internal/lru", "internal/plant"},
	"api/wire":                  {},
	"api":                       {"registry", "auth", "schema", "schema/frame", "upcast", "api/wire", "internal/jsonx", "internal/nearest", "internal/yamlx", "internal/archive", "internal/lru", "internal/plant", "internal/reproducer"},
	"client":                    {"api/wire"},
	"serde":                     {"client", "schema", "schema/*", "upcast/plan"},
	"lint":                      {"schema", "schema/*", "compat", "upcast", "client", "lint/*", "internal/lru", "internal/yamlx", "internal/jsonx", "internal/nearest"},
	"lint/report":               {"lint", "compat", "schema", "internal/jsonx"},
	"lint/cache":                {},
	"lint/fix":                  {"lint", "compat", "schema", "schema/*", "internal/jsonx"},
	"lint/tree":                 {"lint", "client", "api/wire", "compat", "schema", "upcast"},
	"lint/source":               {"lint", "lint/tree", "client", "api/wire", "schema", "compat", "internal/remote"},
	"web":                       {},
	"cmd/registry":              {"cmd/registry/internal/*"},
	"cmd/registry/internal/cli": {
		"cmd/registry/internal/*", "api/wire", "auth", "batch", "client", "registry", "migrations", "schema", "internal/config", "internal/nearest", "internal/remote",
		"internal/telemetry", "internal/reproducer",
	},
	"cmd/registry/internal/server": {
		"cmd/registry/internal/assembly", "api", "auth", "registry", "schema", "web", "internal/archive", "internal/config", "internal/reproducer", "internal/telemetry",
	},
	"cmd/registry/internal/assembly": {
		"auth", "registry", "migrations", "store/memory", "store/postgres", "store/sqlite", "internal/config",
	},
	"cmd/evcheck": {"cmd/evcheck/internal/*"},
	"cmd/evcheck/internal/cli": {
		"lint", "lint/*", "compat", "upcast", "schema", "schema/*", "client", "docs", "internal/nearest", "internal/yamlx",
	},
	"docs":                {},
	"internal/oracle":     {"schema", "schema/*", "schema/jsonschema/contain", "compat", "internal/jsonx"},
	"internal/rulepages":  {"schema", "schema/*", "compat", "lint"},
	"internal/jsonx":      {"schema"},
	"internal/yamlx":      {"schema"},
	"internal/lru":        {},
	"internal/nearest":    {},
	"internal/plant":      {},
	"internal/cputime":    {},
	"internal/gentree":    {},
	"internal/remote":     {"api/wire", "client", "schema", "schema/format"},
	"internal/config":     {"schema", "internal/nearest", "internal/yamlx"},
	"internal/telemetry":  {},
	"internal/archive":    {"registry", "schema", "internal/jsonx"},
	"internal/pgtest":     {},
	"internal/nodetest":   {"internal/pgtest"},
	"internal/reproducer": {"schema", "schema/format", "upcast", "upcast/plan"},
	"internal/hostile":    {"schema", "schema/format", "schema/frame"},
	"internal/arch":       {},
	"security":            {},
	"chaos":               {"internal/nodetest", "internal/pgtest"},
}

// libraries maps the modules of others to the one package that speaks to each,
// so that replacing a library is an edit of one package. Test files are free.
var libraries = map[string][]string{
	"github.com/hamba/avro":                 {"schema/avro"},
	"github.com/santhosh-tekuri/jsonschema": {"schema/jsonschema/judge"},
	"github.com/xeipuuv/gojsonschema":       {"schema/jsonschema/judge"},
	"golang.org/x/text":                     {"schema/jsonschema/judge"},
	"github.com/bufbuild/protocompile":      {"schema/protobuf"},
	"google.golang.org/protobuf":            {"schema/protobuf"},
	"google.golang.org/genproto":            {"schema/protobuf"},
	"cel.dev/cel-go":                        {"upcast"},
	"github.com/tidwall/btree":              {"registry"},
	"github.com/pressly/goose":              {"migrations"},
	"modernc.org/sqlite":                    {"store/sqlite"},
	"github.com/jackc/pgx":                  {"store/postgres"},
	"github.com/labstack/echo":              {"api"},
	"golang.org/x/crypto":                   {"auth"},
	"golang.org/x/time":                     {"auth"},
	"github.com/coreos/go-oidc":             {"auth"},
	"go.yaml.in/yaml":                       {"internal/yamlx"},
	"github.com/knadh/koanf":                {"internal/config"},
	"github.com/prometheus/client_golang":   {"internal/telemetry"},
	"go.opentelemetry.io/otel":              {"internal/telemetry"},
	"github.com/twmb/franz-go":              {"internal/confluent"},
	"github.com/spf13/cobra":                {"cmd/registry/internal/cli", "cmd/evcheck/internal/cli", "cmd/evcheck"},
	"github.com/spf13/pflag":                {"cmd/registry/internal/cli", "cmd/evcheck/internal/cli", "cmd/evcheck"},
	"github.com/golang/snappy":              {"batch"},
	"github.com/klauspost/compress":         {"batch", "internal/archive"},
}

func allowed(list []string, name string) bool {
	for _, a := range list {
		if a == name || (strings.HasSuffix(a, "/*") && path.Dir(name) == strings.TrimSuffix(a, "/*")) {
			return true
		}
	}
	return false
}

// rowOf returns the row of a package; the rows of lint and upcast hold for what
// lies below them too.
func rowOf(name string) ([]string, bool) {
	for ; name != "."; name = path.Dir(name) {
		if row, ok := mayImport[name]; ok {
			return row, true
		}
		if !strings.HasPrefix(name, "lint/") && !strings.HasPrefix(name, "web/") {
			return nil, false
		}
	}
	return nil, false
}

func TestImportsGoDownwards(t *testing.T) {
	for _, p := range allPackages(t) {
		row, ok := rowOf(p.name())
		if !ok {
			t.Errorf("package %s has no row in the import table; add it here and to docs/architecture.md", p.name())
			continue
		}
		for _, i := range p.Imports {
			if own, ok := strings.CutPrefix(i, module+"/"); ok && !allowed(row, own) {
				t.Errorf("%s must not import %s", p.name(), own)
			}
		}
	}
}

func TestEachLibraryHasOneImporter(t *testing.T) {
	for _, p := range allPackages(t) {
		for _, i := range p.Imports {
			first, _, _ := strings.Cut(i, "/")
			if !strings.Contains(first, ".") || strings.HasPrefix(i, module) {
				continue
			}
			if isTestSupport(p.name()) {
				continue
			}
			owner, ok := libraryOf(i)
			switch {
			case !ok:
				t.Errorf("%s imports %s, which no row of the library table allows", p.name(), i)
			case !slices.Contains(owner, p.name()):
				t.Errorf("%s imports %s, which belongs to %s", p.name(), i, strings.Join(owner, " and "))
			}
		}
	}
}

// isTestSupport tells the packages that only tests import.
func isTestSupport(name string) bool {
	return slices.Contains([]string{"store/storetest", "internal/pgtest", "internal/nodetest", "internal/hostile", "internal/oracle", "internal/cputime", "chaos"}, name)
}

func libraryOf(importPath string) ([]string, bool) {
	for prefix, owner := range libraries {
		if importPath == prefix || strings.HasPrefix(importPath, prefix+"/") {
			return owner, true
		}
	}
	return nil, false
}

// Programs link what they need and no more: a service that imports serde or
// client must not carry a server.
func TestLibrariesStayLight(t *testing.T) {
	heavy := []string{"github.com/labstack/echo", "github.com/jackc/pgx", "modernc.org/sqlite", "github.com/prometheus", "cel.dev/cel-go"}
	reach := reachable(t)
	for _, name := range []string{"serde", "client", "lint", "compat", "schema"} {
		for dep := range reach[name] {
			for _, h := range heavy {
				if strings.HasPrefix(dep, h) && !(name == "lint" && strings.Contains(h, "cel-go")) {
					t.Errorf("%s links %s", name, dep)
				}
			}
		}
	}
	if len(reach["client"]) == 0 {
		t.Error("the imports of client were not found")
	}
}

// reachable returns, for each package of ours, everything its own packages
// import, directly or through each other.
func reachable(t *testing.T) map[string]map[string]bool {
	t.Helper()
	imports := map[string][]string{}
	for _, p := range allPackages(t) {
		imports[p.name()] = p.Imports
	}
	out := map[string]map[string]bool{}
	for name := range imports {
		seen := map[string]bool{}
		var walk func(string)
		walk = func(n string) {
			for _, i := range imports[n] {
				if seen[i] {
					continue
				}
				seen[i] = true
				if own, ok := strings.CutPrefix(i, module+"/"); ok {
					walk(own)
				}
			}
		}
		walk(name)
		out[name] = seen
	}
	return out
}
