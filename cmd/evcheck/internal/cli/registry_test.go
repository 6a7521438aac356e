package cli

import (
	"context"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/client"
)

// registryCommands are those of scripts that fill the registry at $REGISTRY:
//
//	register SUBJECT TYPE FILE [NAME SUBJECT VERSION]…
//	terms SUBJECT LEVEL [POLICY]
//	forget SUBJECT VERSION               delete it softly
var registryCommands = map[string]func(*testscript.TestScript, bool, []string){
	"register": func(ts *testscript.TestScript, neg bool, args []string) {
		r := wire.RegisterRequest{SchemaType: args[1], Schema: ts.ReadFile(args[2])}
		for i := 3; i+2 < len(args); i += 3 {
			version, err := strconv.Atoi(args[i+2])
			ts.Check(err)
			r.References = append(r.References, wire.Reference{Name: args[i], Subject: args[i+1], Version: version})
		}
		if _, err := scriptClient(ts).Register(context.Background(), args[0], r, client.RegisterOptions{}); (err != nil) != neg {
			ts.Fatalf("register %s: %v", args[0], err)
		}
	},
	"terms": func(ts *testscript.TestScript, _ bool, args []string) {
		p := client.ConfigPatch{Set: wire.Config{Compatibility: args[1]}}
		if len(args) > 2 {
			p.Set.CompatibilityPolicy = args[2]
		}
		_, err := scriptClient(ts).SetConfig(context.Background(), args[0], p)
		ts.Check(err)
	},
	"forget": func(ts *testscript.TestScript, _ bool, args []string) {
		version, err := strconv.Atoi(args[1])
		ts.Check(err)
		_, err = scriptClient(ts).DeleteVersion(context.Background(), args[0], version, false)
		ts.Check(err)
	},
}

func scriptClient(ts *testscript.TestScript) *client.Client {
	c, err := client.New([]string{ts.Getenv("REGISTRY")}, client.Header("X-Script", "1"))
	ts.Check(err)
	return c
}

func init() {
	for name, command := range registryCommands {
		commands[name] = command
	}
}
