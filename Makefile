# Everything CI runs is here, so that a person can run it too.
SHELL := /bin/bash
export GOFLAGS ?= -trimpath

.PHONY: help
help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | sort | awk -F'\t' '{printf "  %-14s %s\n", $$1, $$2}'

.PHONY: build
build: ## build bin/registry, one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/registry ./cmd/registry

.PHONY: setup
setup: ## install what the tests need and the machine lacks (PostgreSQL's server programs)
	@scripts/setup.sh

.PHONY: test
test: setup ## everything a change must pass
	go vet ./...
	go test ./...
	internal/plant/check.sh

.PHONY: race
race: setup ## the concurrent packages under the race detector
	go test -race ./registry/... ./store/... ./auth/... ./client/... ./api/...

.PHONY: lint
lint: ## formatting, vet and the import table
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go test ./internal/arch/...
