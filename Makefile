# tocsin: every task that a checkout knows. `make` alone prints them.

GO ?= go

.DEFAULT_GOAL := help

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the binary ./tocsin
	CGO_ENABLED=0 $(GO) build -trimpath -o tocsin ./cmd/tocsin

test: ## run the tests
	$(GO) test ./...

race: ## run the tests with the race detector (needs a C compiler)
	$(GO) test -race ./...

check: ## format, vet, staticcheck, tests: what .ci/run does first
	.ci/run quick

fuzz: ## fuzz every target for FUZZTIME each (default 1m)
	.ci/fuzz $(or $(FUZZTIME),1m)

pairs: ## compare the fast matcher with the plain one on ten million random pairs
	TOCSIN_PAIRS=10000000 $(GO) test -count=1 -timeout 2h -run Pairs -v ./core/pattern

bench: ## paired ratios of scan against gunzip alone; see bench/README.md
	$(GO) run ./bench

examples: ## make examples/takeover again, as its README says
	rm -rf examples/takeover
	$(GO) run ./cmd/tocsin synth --story takeover --events 1200 --files 36 --seed 7 --out examples/takeover

.PHONY: help build test race check fuzz pairs bench examples
