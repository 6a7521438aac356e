# Everything that is run on this repository is run from here; "make help" lists it.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED ?= 0
export GOFLAGS     := -mod=mod -buildvcs=auto

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/instar-registry/instar/cmd/registry/internal/cli.version=$(VERSION) \
           -X github.com/instar-registry/instar/cmd/evcheck/internal/cli.version=$(VERSION)
IMAGE   ?= instar-registry:$(VERSION)
FUZZTIME ?= 10s
BENCH    ?= .

# Tools are pinned here and run from the module cache; nothing is installed.
GOFUMPT     := mvdan.cc/gofumpt@v0.12.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
# The version of pre-commit, which is installed into .venv.
PRE_COMMIT  := 4.7.0

# The chaos suite kills real processes and takes minutes; it has its own target.
UNIT := $(shell go list ./... | grep -v /chaos$$)
# Packages in which goroutines meet.
RACE := ./api/... ./auth/... ./client/... ./cmd/... ./internal/... ./registry/... ./store/...

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the programs into bin/
	mkdir -p bin
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

.PHONY: run
run: ## Run the registry from the sources, on http://localhost:8081
	go run ./cmd/registry

.PHONY: setup
setup: ## Install what the tests need (PostgreSQL, git, a C compiler) where it is missing
	.ci/setup

.PHONY: test
test: setup ## Everything a change must pass: vet and all tests; installs what it needs
	go vet ./...
	go test -count=1 $(UNIT)

.PHONY: race
race: setup ## The tests of everything concurrent, under the race detector
	CGO_ENABLED=1 go test -race -count=1 $(RACE)

.PHONY: fmt
fmt: ## Format all sources by gofumpt
	go run $(GOFUMPT) -w $$(git ls-files '*.go' | grep -v testdata/)

.PHONY: lint
lint: ## gofumpt, vet, staticcheck and the house rules; golangci-lint too, where it is installed
	@unformatted=$$(go run $(GOFUMPT) -l $$(git ls-files '*.go' | grep -v testdata/)); \
	if [ -n "$$unformatted" ]; then echo "not formatted; run make fmt:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	go test -count=1 ./internal/arch
	@if command -v golangci-lint >/dev/null; then golangci-lint run; else echo "golangci-lint is not installed; the steps above are the gate"; fi

.PHONY: vuln
vuln: ## Known vulnerabilities in what the programs call, held against security/vulnallow.yaml
	go test -count=1 ./security -run 'TestAdvisories|TestAllowFile' -args -govulncheck=require

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (10s)
	@go list -f '{{.Dir}} {{.ImportPath}}' ./... | while read -r dir package; do \
	  for target in $$(cat "$$dir"/*_test.go 2>/dev/null | sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' | sort -u); do \
	    echo "== $$package $$target"; \
	    go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) "$$package" || exit 1; \
	  done; \
	done

# Only the code at hand is instrumented: with the counters of all that it links, a
# target runs at a hundredth of the speed.
FUZZEXECS ?= 500000
FUZZCODE = -gcflags=$(1)/lint/...=-d=libfuzzer -gcflags=$(1)/internal/...=-d=libfuzzer -gcflags=go.yaml.in/yaml/v3=-d=libfuzzer -gcflags=archive/...=-d=libfuzzer -gcflags=compress/...=-d=libfuzzer

.PHONY: fuzz-evcheck
fuzz-evcheck: ## Run each fuzz target of evcheck FUZZEXECS times (500,000) with counters in its own code
	@tmp=$$(mktemp -d) && trap 'rm -rf "$$tmp"' EXIT && module=$$(go list -m) && for package in lint lint/source lint/report; do \
	  go test -c $(call FUZZCODE,$$module) -o "$$tmp/fuzz.test" ./$$package || exit 1; \
	  for target in $$(cat $$package/*_test.go | sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' | sort -u); do \
	    echo "== $$package $$target"; \
	    (cd $$package && "$$tmp/fuzz.test" -test.run '^$$' -test.fuzz "^$$target$$" -test.fuzztime $(FUZZEXECS)x -test.fuzzminimizetime 200x -test.parallel 1 -test.fuzzcachedir "$$tmp/cache") || exit 1; \
	  done; \
	done

.PHONY: bench
bench: setup ## Run the benchmarks; BENCH selects by pattern
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(UNIT)

.PHONY: conformance
conformance: ## Run other projects' clients, unchanged, against real registries; hold Avro to Apache's Java
	.ci/setup conformance
	cd conformance && CGO_ENABLED=1 go test -count=1 ./...

.PHONY: pre-commit
pre-commit: ## Run the hooks for pre-commit by the real one, which builds them from the last commit
	.ci/setup pre-commit
	test -x .venv/bin/pre-commit || { python3 -m venv .venv && .venv/bin/pip install --quiet pre-commit==$(PRE_COMMIT); }
	INSTAR_PRE_COMMIT=$(CURDIR)/.venv/bin/pre-commit go test -count=1 -v -timeout 60m -run TestPreCommit ./cmd/evcheck/internal/cli

.PHONY: chaos
chaos: setup ## Kill and race real processes and compare with what was acknowledged
	go test -count=1 -timeout 20m ./chaos

.PHONY: chaos-full
chaos-full: setup ## The same at the size of a release: 10,000 races, 500 kills per engine
	go test -count=1 -v -timeout 90m ./chaos -chaos.races=10000 -chaos.kills=500

.PHONY: bench-server
bench-server: setup ## Measure the server as a process; writes docs/benchmarks.md
	cd bench && go run . -write all

.PHONY: bench-compat
bench-compat: ## Measure the compatibility engines and hold them to known answers; writes docs/benchmarks.md
	cd bench && go run . -write engines

.PHONY: bench-evcheck
bench-evcheck: setup ## Measure evcheck as a process, beside buf; writes docs/benchmarks.md (INSTAR_CORPORA)
	cd bench && go run . -write linter

.PHONY: oracle
oracle: ## Hold the engines to 1,000,000 random pairs and events, all laws and whole histories (INSTAR_CORPORA)
	INSTAR_ORACLE_PAIRS=1000000 INSTAR_ORACLE_EVENTS=1000000 INSTAR_ORACLE_LAWS=100 INSTAR_ORACLE_VARIED=10000 INSTAR_ORACLE_MINIMAL=20000 INSTAR_ORACLE_DECLARED=10000 INSTAR_ORACLE_NEAR=1000 \
	  go test -count=1 -v -timeout 90m ./internal/oracle

.PHONY: upcast-laws
upcast-laws: ## Hold upcasters to 10,000 random chains of Avro and of Protobuf, 100,000 events a case, 10,000,000 events of proved documents, 10,000,000 changed events and 1,000,000 changed plans
	INSTAR_UPCAST_CHAINS=10000 INSTAR_UPCAST_BRUTE=4000 INSTAR_UPCAST_LENS=100000 INSTAR_UPCAST_PROVED=10000000 INSTAR_EVENT_MUTATIONS=10000000 INSTAR_PLAN_MUTATIONS=1000000 \
	  go test -count=1 -v -timeout 120m -run 'TestChains$$|TestProtoChains|TestBruteForce|TestLensLawsOfOperations|TestProvedHolds|TestHostileEvents|TestHostilePlans' ./upcast

.PHONY: generate
generate: ## Write the generated documents anew
	go test -count=1 ./compat -run TestRuleExamples -update
	go test -count=1 ./upcast -run 'TestPublishedSchema|TestOperationCases|TestPortablePage' -update
	go test -count=1 ./internal/config ./internal/rulepages ./cmd/registry/internal/cli -run 'Documents' -update

.PHONY: man
man: ## Write the manual pages into bin/man
	mkdir -p bin/man
	go run ./cmd/registry man bin/man

.PHONY: image
image: ## Build the container image
	docker build --build-arg VERSION=$(VERSION) -t $(IMAGE) .

.PHONY: compose
compose: ## Start a registry with PostgreSQL in containers, on http://localhost:8081
	docker compose up --build --wait

.PHONY: tidy-check
tidy-check: ## Check that go.mod and go.sum are what the sources need
	go mod verify
	go mod tidy -diff

.PHONY: clean
clean: ## Remove what the targets above made
	rm -rf bin dist coverage.out
