package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// idleInTransaction ends a transaction of ours that nobody goes on with, such
// as that of a server that was suspended while it held the head lock.
const idleInTransaction = 15 * time.Second

func poolConfig(c Config) (*pgxpool.Config, error) {
	if c.DSN == "" {
		return nil, errors.New("the connection string is empty; set storage.postgres.dsn")
	}
	config, err := pgxpool.ParseConfig(c.DSN)
	if err != nil {
		return nil, fmt.Errorf("read the connection string of PostgreSQL: %w", err) // pgx leaves the password out
	}
	config.MaxConns = int32(min(c.MaxConns, 10_000)) //nolint:gosec // bounded
	config.MinConns = 0
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error { return checkServer(ctx, conn, c) }
	cc := config.ConnConfig
	cc.ConnectTimeout = c.ConnectTimeout
	cc.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	if c.Pooler {
		cc.DefaultQueryExecMode = pgx.QueryExecModeExec // unnamed statements, one round trip
	} else {
		for name, value := range settings(c) {
			cc.RuntimeParams[name] = value
		}
	}
	warnTransport(c, cc)
	return config, nil
}

// settings of each session; behind a pooler, where a session is not ours, of
// each transaction.
func settings(c Config) map[string]string {
	ms := func(d time.Duration) string { return strconv.FormatInt(max(1, d.Milliseconds()), 10) }
	return map[string]string{
		"application_name":                    "instar",
		"lock_timeout":                        ms(c.LockTimeout),
		"statement_timeout":                   ms(c.StatementTimeout),
		"idle_in_transaction_session_timeout": ms(idleInTransaction),
	}
}

// warnTransport speaks up when the password and the log travel where others may
// read or replace them.
func warnTransport(c Config, cc *pgx.ConnConfig) {
	if local(cc.Host) {
		return
	}
	switch {
	case cc.TLSConfig == nil:
		c.Warn(fmt.Sprintf("the connection to PostgreSQL at %s is not encrypted; set sslmode=verify-full", cc.Host))
	case cc.TLSConfig.InsecureSkipVerify || len(cc.Fallbacks) > 0:
		c.Warn(fmt.Sprintf("the connection to PostgreSQL at %s does not verify the server; set sslmode=verify-full", cc.Host))
	}
}

func local(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" {
		return true
	}
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	name, err := os.Hostname()
	return err == nil && host == name
}
