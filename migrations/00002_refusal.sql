-- +goose Up
-- Requests that were refused, for the audit: beside the log and outside its
-- chain, kept for a while. times is above 1 where an actor was refused so often
-- that single rows would say nothing more.
CREATE TABLE refusal (
    at      BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    request TEXT   NOT NULL,
    route   TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    status  BIGINT NOT NULL,
    code    BIGINT NOT NULL,
    times   BIGINT NOT NULL,
    CONSTRAINT refusal_times_positive CHECK (times >= 1)
);

-- Old rows are removed by time.
CREATE INDEX refusal_by_time ON refusal (at);
