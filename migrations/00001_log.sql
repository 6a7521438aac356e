-- +goose Up
-- The log and what lies beside it. One dialect serves SQLite and PostgreSQL:
-- times are microseconds in BIGINT, JSON is TEXT, and BYTEA columns take blobs
-- in SQLite by affinity. Indexes beyond the keys are left out on purpose, since
-- the service reads its own memory and the tables only in order.

-- One row that names the end of the log. Whoever updates it is the writer.
CREATE TABLE head (
    one   BIGINT NOT NULL,
    seq   BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    CONSTRAINT head_pk PRIMARY KEY (one),
    CONSTRAINT head_is_one_row CHECK (one = 1),
    CONSTRAINT head_seq_not_negative CHECK (seq >= 0),
    CONSTRAINT head_epoch_positive CHECK (epoch >= 1)
);

-- The records, dense from 1 and chained by hash.
CREATE TABLE change (
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    actor     TEXT   NOT NULL,
    request   TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    payload   TEXT   NOT NULL,
    prev_hash BYTEA  NOT NULL,
    CONSTRAINT change_pk PRIMARY KEY (seq),
    CONSTRAINT change_seq_positive CHECK (seq >= 1),
    CONSTRAINT change_kind_named CHECK (kind <> ''),
    CONSTRAINT change_hash_length CHECK (length(prev_hash) = 32)
);

-- Schema texts under the SHA-256 of the body.
CREATE TABLE schema_text (
    hash BYTEA NOT NULL,
    body TEXT  NOT NULL,
    CONSTRAINT schema_text_pk PRIMARY KEY (hash),
    CONSTRAINT schema_text_hash_length CHECK (length(hash) = 32)
);

-- Guard: an id stands for one content.
CREATE TABLE schema_id (
    context TEXT   NOT NULL,
    id      BIGINT NOT NULL,
    hash    BYTEA  NOT NULL,
    CONSTRAINT schema_id_pk PRIMARY KEY (context, id),
    CONSTRAINT schema_id_positive CHECK (id >= 1),
    CONSTRAINT schema_id_hash_length CHECK (length(hash) = 32)
);

-- Guard: a version number exists once and names a bound id and a record.
CREATE TABLE version (
    context TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    version BIGINT NOT NULL,
    id      BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    CONSTRAINT version_pk PRIMARY KEY (context, subject, version),
    CONSTRAINT version_positive CHECK (version >= 1),
    CONSTRAINT version_has_id FOREIGN KEY (context, id) REFERENCES schema_id (context, id),
    CONSTRAINT version_has_change FOREIGN KEY (seq) REFERENCES change (seq)
);

-- ReleaseID looks for versions that still use the id.
CREATE INDEX version_by_id ON version (context, id);

-- Derived states for a fast start; rows may be deleted at any time. A state is
-- cut into parts so that no single message grows without bound.
CREATE TABLE snapshot (
    seq   BIGINT NOT NULL,
    part  BIGINT NOT NULL,
    parts BIGINT NOT NULL,
    body  BYTEA  NOT NULL,
    CONSTRAINT snapshot_pk PRIMARY KEY (seq, part),
    CONSTRAINT snapshot_seq_positive CHECK (seq >= 1),
    CONSTRAINT snapshot_part_in_range CHECK (part >= 0 AND part < parts)
);

INSERT INTO head (one, seq, epoch) VALUES (1, 0, 1);
