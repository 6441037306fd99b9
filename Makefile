# Thin names over go commands. `make test` is the whole of what CI runs.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

# Tests on real data are built when RINGSIDE_TEST_DATA names their folder.
TAGS := $(if $(RINGSIDE_TEST_DATA),-tags realdata,)
export CGO_ENABLED := 1

.PHONY: test needs build tests race postgres browser fuzz demo bench long

test: needs
	@for step in build tests race postgres browser fuzz; do start=$$(date +%s); $(MAKE) $$step; echo "step $$step took $$(( $$(date +%s) - start )) s"; done

needs:
	@.ci/needs

build:
	go build ./...
	go vet $(TAGS) ./...
	go vet -tags postgres ./...
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "run gofmt -w on: $$unformatted"; exit 1; }

# -count=1: a test that passed before passes again, it is not remembered.
tests:
	go test -count=1 $(TAGS) ./...

# The race detector where goroutines meet: writers and readers of the store, counting
# behind a caller's back, whole servers, bodies that a stop ends, live streams.
race:
	go test -count=1 -race ./db ./api ./cmd/ringside -run 'Concurrent|Group|Queue|Caller|Close|Recount|Rebuild|Serve|Post|AnyForm|BodyThat|BodyWhile|Hub|Live'

# The tests of what is stored again, on a PostgreSQL server that .ci/postgres
# starts and removes. More tests than cores run at once, as each waits for answers.
# HTTP_ALONE are long ones about rights, bodies and calendars, which no engine changes.
POSTGRES := .ci/postgres go test -count=1 -parallel 4 -tags postgres
HTTP_ALONE := FirstAndLastYears|DaysOfAllLengths|OneZoneAnAnswer|WithEveryRole|NoPhoneNumber|BoundKeyLearns|PersonsAreBound|TestBody|BadItems|BadBodies|BoardOfMany
postgres:
	$(POSTGRES) -skip '$(HTTP_ALONE)' ./db ./api ./cmd/ringside
	$(POSTGRES) -race ./db ./cmd/ringside -run 'Concurrent|Group|Several'

# The pages in Debian's Chromium, over the program as it is built. Each test prints
# how long it took.
browser:
	cd e2e && npm ci --no-audit --no-fund --ignore-scripts
	@dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; go build -o "$$dir/ringside" ./cmd/ringside; \
	cd e2e && RINGSIDE_PROGRAM=$$dir/ringside node --test --test-reporter=spec

# Each fuzz test for a moment; `make long` gives them longer.
FUZZTIME ?= 5s
fuzz:
	go test -run xxx -fuzz FuzzDecode -fuzztime $(FUZZTIME) ./campaign
	go test -run xxx -fuzz FuzzCSV -fuzztime $(FUZZTIME) -fuzzminimizetime 1s ./api/importer
	@for one in Twilio VICIdial AsteriskCDR QueueLog FreeSWITCH Connect Mapped; do \
	go test -run xxx -fuzz "^Fuzz$$one$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s ./api/dialer || exit 1; done
	go test -run xxx -fuzz FuzzFormula -fuzztime $(FUZZTIME) -fuzzminimizetime 1s ./funnel

# Hours instead of minutes: more random campaigns against the twin, more crashes,
# more fuzzing.
long:
	go test -count=1 -timeout 1h ./cmd/ringside -v -run 'TestCrash$$' -crash.kills 200 -crash.seed $$(date +%s)
	go test -count=1 -timeout 6h ./db -run AnyOrder -property.rounds 50000 -property.seed $$(date +%s)
	$(POSTGRES) -timeout 6h ./db -run AnyOrder -property.rounds 20000 -property.seed $$(date +%s)
	$(MAKE) fuzz FUZZTIME=1h

demo:
	go run ./cmd/ringside demo

bench:
	go test -run xxx -bench . ./campaign ./funnel ./db ./api ./cmd/ringside/bench ./cmd/ringside/callcentre
	$(POSTGRES) -run xxx -bench . ./db
