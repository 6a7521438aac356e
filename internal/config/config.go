package config

import (
	"time"

	"github.com/instar-registry/instar/schema"
)

// Config is the whole configuration. The tags of a field:
//
//	key      name below the section; the file key is section.key
//	default  the default, written as in a file ("-" for an empty text)
//	help     one sentence for help texts and documentation
//	enum     the allowed values, separated by |
//	min, max bounds, written as values are
//	reload   "yes": applied by SIGHUP or a change of the file, without restart
//	file     "secret": the value names a file that nobody else should read
type Config struct {
	Server    Server    `key:"server" help:"Listeners, time limits and shutdown."`
	TLS       TLS       `key:"tls" help:"Transport security of the main listener."`
	Storage   Storage   `key:"storage" help:"Where the log lives."`
	Registry  Registry  `key:"registry" help:"Registry semantics below every configured scope."`
	Limits    Limits    `key:"limits" help:"What a schema, an event or a request may contain. Every refusal names the limit."`
	Auth      Auth      `key:"auth" help:"Who is asking. Without it everybody may do everything."`
	RateLimit RateLimit `key:"ratelimit" help:"Token buckets per principal (or address) and node. Reads by id, version and latest are never limited."`
	Log       Log       `key:"log" help:"Log lines on standard error."`
	Metrics   Metrics   `key:"metrics" help:"Prometheus metrics on the admin listener."`
}

// Server is the section "server".
type Server struct {
	Listen         string        `key:"listen" default:"127.0.0.1:8081" help:"Address of the registry; an empty host means all addresses."`
	AdminListen    string        `key:"admin-listen" default:"127.0.0.1:9081" help:"Address of /metrics, the health copy and pprof; empty turns it off."`
	BasePath       string        `key:"base-path" default:"-" help:"Path prefix under which a proxy publishes the registry, such as /schemas."`
	PublicURL      string        `key:"public-url" default:"-" help:"URL under which clients reach the registry; used in links."`
	HeaderTimeout  time.Duration `key:"header-timeout" default:"5s" min:"100ms" max:"10m" help:"Time a client has to send the request headers."`
	ReadTimeout    time.Duration `key:"read-timeout" default:"15s" min:"100ms" max:"1h" help:"Time a client has to send a whole request; streams are exempt."`
	IdleTimeout    time.Duration `key:"idle-timeout" default:"60s" min:"1s" max:"1h" help:"Time an idle connection is kept."`
	RequestTimeout time.Duration `key:"request-timeout" default:"30s" min:"100ms" max:"1h" help:"Time the server has to answer; streams are exempt."`
	BarrierTimeout time.Duration `key:"barrier-timeout" default:"2s" min:"10ms" max:"1m" help:"How long a miss may wait for the head of the log before 503."`
	MaxHeader      Bytes         `key:"max-header" default:"16KiB" min:"4KiB" max:"1MiB" help:"Size of all request headers; above it 431."`
	MaxInFlight    int           `key:"max-in-flight" default:"1024" min:"1" max:"1000000" help:"Requests served at once; more wait in a queue."`
	QueueTimeout   time.Duration `key:"queue-timeout" default:"1s" min:"0s" max:"1m" help:"Time a request may wait in the queue before 503."`
	EventMemory    Bytes         `key:"event-memory" default:"512MiB" min:"1MiB" max:"1024GiB" help:"Memory that events being judged may take together, by estimate; more wait, and one larger than that is judged alone."`
	DrainDelay     time.Duration `key:"drain-delay" default:"5s" min:"0s" max:"10m" help:"Time between /readyz turning 503 and the listener closing, for load balancers to notice. Skipped when nobody has asked /readyz."`
	ShutdownGrace  time.Duration `key:"shutdown-grace" default:"30s" min:"0s" max:"1h" help:"Time open requests have to finish at shutdown."`
	TrustedProxies []string      `key:"trusted-proxies" default:"-" help:"Addresses or networks whose X-Forwarded-* headers are believed."`
	CORSOrigins    []string      `key:"cors-origins" default:"-" help:"Origins whose pages may call the registry from a browser."`
	GzipRequest    bool          `key:"gzip-request" default:"false" help:"Accept gzip-compressed request bodies (ratio at most 20)."`
	Pprof          bool          `key:"pprof" default:"false" help:"Serve Go profiles on the admin listener."`
}

// TLS is the section "tls".
type TLS struct {
	CertFile     string `key:"cert-file" default:"-" reload:"yes" help:"Certificate chain (PEM); with key-file it turns TLS on."`
	KeyFile      string `key:"key-file" default:"-" file:"secret" reload:"yes" help:"Private key of the certificate (PEM)."`
	ClientCAFile string `key:"client-ca-file" default:"-" reload:"yes" help:"Authorities that client certificates are checked against (PEM)."`
	ClientAuth   string `key:"client-auth" default:"none" enum:"none|request|require" reload:"yes" help:"Client certificates: not asked for, checked if shown, or required."`
	MinVersion   string `key:"min-version" default:"1.2" enum:"1.2|1.3" reload:"yes" help:"Oldest protocol version that is accepted."`
}

// Storage is the section "storage".
type Storage struct {
	Driver        string        `key:"driver" default:"sqlite" enum:"sqlite|postgres|memory" help:"Store of the log: a file, a PostgreSQL database, or memory that ends with the process."`
	Migrate       bool          `key:"migrate" default:"true" help:"Run database migrations at start; without it run \"registry db migrate\" first."`
	PollInterval  time.Duration `key:"poll-interval" default:"1s" min:"10ms" max:"1h" help:"How often the log is asked for news when no notification comes."`
	SnapshotEvery int           `key:"snapshot-every" default:"50000" min:"100" max:"100000000" help:"Changes between two snapshots for fast start."`
	StagingDir    string        `key:"staging-dir" default:"-" help:"Folder for archives while an import checks them; empty means the system's folder for temporary files."`
	ReproducerDir string        `key:"reproducer-dir" default:"-" help:"Folder for what shows a broken plan of upcasters (50050) again, the event included; empty means reproducers beside the SQLite file and nothing with other stores, off keeps nothing."`
	MaxStale      time.Duration `key:"max-stale" default:"0s" min:"0s" max:"8760h" help:"With the database away, latest, lists and configuration older than this are 503; 0s means no bound. Ids are always served."`
	SQLite        SQLite        `key:"sqlite" help:"The file store."`
	Postgres      Postgres      `key:"postgres" help:"The PostgreSQL store."`
}

// SQLite is the section "storage.sqlite".
type SQLite struct {
	Path string `key:"path" default:"instar.db" help:"The database file; its folder must exist."`
}

// Postgres is the section "storage.postgres".
type Postgres struct {
	DSN              Secret        `key:"dsn" default:"-" help:"Connection string, postgres://user:password@host/database?sslmode=verify-full."`
	MaxConns         int           `key:"max-conns" default:"10" min:"2" max:"1000" help:"Connections of the pool."`
	ConnectTimeout   time.Duration `key:"connect-timeout" default:"5s" min:"100ms" max:"10m" help:"Time to connect."`
	LockTimeout      time.Duration `key:"lock-timeout" default:"5s" min:"10ms" max:"10m" help:"Time a write waits for the head row."`
	StatementTimeout time.Duration `key:"statement-timeout" default:"10s" min:"100ms" max:"1h" help:"Time one statement may take."`
	Listen           bool          `key:"listen" default:"true" help:"Use LISTEN/NOTIFY to hear of changes at once; polling goes on either way."`
	Pooler           bool          `key:"pooler" default:"false" help:"A transaction pooler such as PgBouncer stands in between: no prepared statements, no LISTEN."`
	AllowUnsafe      bool          `key:"allow-unsafe" default:"false" help:"Start although fsync, full_page_writes or synchronous_commit is off. Acknowledged changes can be lost."`
}

// Registry is the section "registry".
type Registry struct {
	Compatibility           string `key:"compatibility" default:"BACKWARD" enum:"NONE|BACKWARD|BACKWARD_TRANSITIVE|FORWARD|FORWARD_TRANSITIVE|FULL|FULL_TRANSITIVE" help:"Compatibility level where no scope sets one."`
	Policy                  string `key:"policy" default:"EXACT" enum:"STRICT|LENIENT|EXACT|DECLARED" help:"Compatibility policy where no scope sets one."`
	IncompatibleCode        int    `key:"incompatible-code" default:"409" enum:"409|40901" help:"error_code of a refused registration; 40901 is what the newest Confluent lines send."`
	LegacyBodies            bool   `key:"legacy-bodies" default:"false" help:"Answer with the shapes of Confluent 7.x, for old Java clients that fail on unknown properties."`
	ConfluentScope          bool   `key:"confluent-scope" default:"false" help:"Inherit configuration as Confluent does: an entry without a level falls to the server default."`
	ReportedVersion         string `key:"reported-version" default:"-" help:"What /v1/metadata/version says; empty means the version of this program."`
	MetadataSecretFile      string `key:"metadata-secret-file" default:"-" file:"secret" help:"File with the 32 bytes, as they are or in hexadecimal or base64, that encrypt sensitive metadata in the store; the same on every node."`
	ModeMutability          bool   `key:"mode-mutability" default:"true" help:"Whether modes may be changed."`
	Normalize               bool   `key:"normalize" default:"false" help:"Normalise schemas where no scope says otherwise."`
	ValidateNewSchemas      bool   `key:"validate-new-schemas" default:"true" help:"Check names and defaults of new schemas where no scope says otherwise."`
	RejectEmptySubject      bool   `key:"reject-empty-subject" default:"false" help:"Refuse the empty subject name, nearly always a null in a client."`
	ReferenceVersionsStrict bool   `key:"reference-versions-strict" default:"false" help:"Refuse a schema that reaches one reference name at two versions."`
	Page                    Page   `key:"page" help:"Page sizes where a request sets none or too large a one; 0 means unlimited."`
}

// Page is the section "registry.page".
type Page struct {
	Schemas  int `key:"schemas" default:"1000" min:"0" max:"1000000" help:"Schemas in one answer of GET /schemas."`
	Subjects int `key:"subjects" default:"0" min:"0" max:"1000000000" help:"Names in one answer of GET /subjects."`
	Versions int `key:"versions" default:"0" min:"0" max:"1000000000" help:"Numbers in one answer of GET /subjects/{subject}/versions."`
	Contexts int `key:"contexts" default:"0" min:"0" max:"1000000000" help:"Names in one answer of GET /contexts."`
}

// Limits is the section "limits": what parsers may be given, and what a request
// and its data contract may hold.
type Limits struct {
	schema.Limits
	CompatSteps     int `default:"200000" min:"1000" max:"5000000" help:"Steps that the exact compatibility engine may take for one pair of schemas."`
	BodyBytes       int `default:"2097152" help:"Body of a request with a schema."`
	EventBodyBytes  int `default:"16777216" help:"Body of a request with an event."`
	MetadataEntries int `default:"1000" help:"Tags and properties of one schema's metadata."`
	Rules           int `default:"500" help:"Rules of one schema."`
	RuleBytes       int `default:"4096" help:"Expression of one rule."`
	ImportLineBytes int `default:"16777216" help:"One line of an import archive."`
	ImportLines     int `default:"10000000" help:"Lines of an import archive."`
	ImportBytes     int `default:"10737418240" help:"Size of an import archive."`
}

// Auth is the section "auth".
type Auth struct {
	Mode               string        `key:"mode" default:"none" enum:"none|required" help:"none: every request acts as anonymous with all rights. required: credentials and grants decide."`
	AnonymousRead      bool          `key:"anonymous-read" default:"false" help:"Requests without a credential may read everything."`
	UsersFile          string        `key:"users-file" default:"-" file:"secret" reload:"yes" help:"File of name:hash:group,group lines; make hashes by \"registry user hash\"."`
	BootstrapTokenFile string        `key:"bootstrap-token-file" default:"-" file:"secret" help:"File with the token of the first administrator, read when there is none yet."`
	MaxTokenTTL        time.Duration `key:"max-token-ttl" default:"365d" min:"1h" max:"36500d" help:"Longest life of a new token."`
}

// RateLimit is the section "ratelimit".
type RateLimit struct {
	Enabled    bool      `key:"enabled" default:"true" reload:"yes" help:"Whether requests are limited at all."`
	Logins     int       `key:"logins" default:"10" min:"1" max:"1000000" reload:"yes" help:"Failed log-ins per minute and address, and per minute and name."`
	MaxBuckets int       `key:"max-buckets" default:"100000" min:"100" max:"10000000" reload:"yes" help:"Buckets kept; the least recently used goes first."`
	Lists      Bucket    `key:"lists" help:"Lists, search and graph."`
	Writes     Bucket    `key:"writes" help:"Writes; imports by migrators are exempt."`
	Expensive  Expensive `key:"expensive" help:"Compatibility checks, validation, audit."`
}

// Bucket is one class of "ratelimit".
type Bucket struct {
	Rate  int `key:"rate" default:"50" min:"1" max:"1000000" reload:"yes" help:"Requests per second in the long run."`
	Burst int `key:"burst" default:"200" min:"1" max:"1000000" reload:"yes" help:"Requests at once after a pause."`
}

// Expensive is "ratelimit.expensive".
type Expensive struct {
	Rate        int `key:"rate" default:"50" min:"1" max:"1000000" reload:"yes" help:"Requests per second in the long run."`
	Burst       int `key:"burst" default:"100" min:"1" max:"1000000" reload:"yes" help:"Requests at once after a pause."`
	Concurrency int `key:"concurrency" default:"0" min:"0" max:"100000" reload:"yes" help:"Requests served at once per node; 0 means twice the number of processors."`
}

// Log is the section "log".
type Log struct {
	Level    string `key:"level" default:"info" enum:"debug|info|warn|error" reload:"yes" help:"Least important level that is written."`
	Format   string `key:"format" default:"auto" enum:"auto|json|text" reload:"yes" help:"auto: text on a terminal, JSON otherwise."`
	Requests string `key:"requests" default:"writes" enum:"errors|writes|all" reload:"yes" help:"Which requests are logged."`
}

// Metrics is the section "metrics".
type Metrics struct {
	Enabled        bool `key:"enabled" default:"true" help:"Serve /metrics on the admin listener."`
	ConfluentNames bool `key:"confluent-names" default:"true" help:"Also serve the series under the names that Confluent's JMX exporter gives them."`
	MaxSubjects    int  `key:"max-subjects" default:"500" min:"0" max:"1000000" help:"Subjects with a label value of their own; the rest is _other."`
}

// Bytes is a size; it is written 512, 64KiB, 2MiB or 1GiB.
type Bytes int64

// Secret is a text that is never shown.
type Secret string

// masked is what everybody sees of a secret.
const masked = "***"
