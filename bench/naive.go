package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/hamba/avro/v2"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// naiveCommand makes this program serve registrations as a plain program on a
// database would: parse, read the newest version, check, insert, all in one
// transaction a request. It keeps no log, no ids across subjects, no audit and
// no second node in step; it is the least a registry can do.
const naiveCommand = "serve-naive"

type naive struct {
	db *sql.DB
	// newest finds the newest version; PostgreSQL locks it.
	newest string
}

const naiveTable = `CREATE TABLE IF NOT EXISTS naive_version (
	id %s, subject TEXT NOT NULL, version BIGINT NOT NULL, body TEXT NOT NULL, UNIQUE (subject, version))`

func openNaive(driver, dsn string) (*naive, error) {
	n := &naive{newest: "SELECT version, body FROM naive_version WHERE subject = $1 ORDER BY version DESC LIMIT 1"}
	key := "INTEGER PRIMARY KEY"
	if driver == "pgx" {
		n.newest += " FOR UPDATE"
		key = "BIGSERIAL PRIMARY KEY"
	}
	var err error
	if n.db, err = sql.Open(driver, dsn); err != nil {
		return nil, err
	}
	n.db.SetMaxOpenConns(10)
	n.db.SetMaxIdleConns(10)
	if driver == "sqlite" {
		n.db.SetMaxOpenConns(1) // one writer, as SQLite has it
	}
	_, err = n.db.Exec(fmt.Sprintf(naiveTable, key))
	return n, err
}

func serveNaive(driver, dsn, addr string) int {
	n, err := openNaive(driver, dsn)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: open the database of the naive server:", err)
		return 1
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /subjects/{subject}/versions", n.post)
	server := &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	return 1
}

func (n *naive) post(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Schema string `json:"schema"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id, err := n.register(r.Context(), r.PathValue("subject"), body.Schema)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer := []byte(fmt.Sprintf(`{"id":%d}`, id))
	w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = w.Write(answer) // the load generator notices a short answer
}

func (n *naive) register(ctx context.Context, subject, text string) (int64, error) {
	cache := &avro.SchemaCache{} // the library's own cache would keep every schema for ever
	candidate, err := avro.ParseWithCache(text, "", cache)
	if err != nil {
		return 0, err
	}
	tx, err := n.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	var version int64
	var old string
	switch err := tx.QueryRowContext(ctx, n.newest, subject).Scan(&version, &old); {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return 0, err
	default:
		previous, err := avro.ParseWithCache(old, "", &avro.SchemaCache{})
		if err != nil {
			return 0, err
		}
		if err := avro.NewSchemaCompatibility().Compatible(candidate, previous); err != nil {
			return 0, err
		}
	}
	var id int64
	err = tx.QueryRowContext(ctx, "INSERT INTO naive_version (subject, version, body) VALUES ($1, $2, $3) RETURNING id",
		subject, version+1, text).Scan(&id)
	if err != nil {
		return 0, err
	}
	return id, tx.Commit()
}
