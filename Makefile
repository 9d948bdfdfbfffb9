# Pavane's everyday commands; `make help` lists them. Everything else is CMake: see CMakePresets.json.

JOBS ?= $(shell nproc)
COUNT ?= 10000
BUILD := build
# As in .ci/run: clones share the compiler's cache.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
CMAKE_BUILD := cmake --build --preset release -j $(JOBS)

.DEFAULT_GOAL := help
.PHONY: help deps configure build demo run test crash bench-rules bench-deps bench-broker format tidy

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 22

deps: ## install the Debian packages that are missing
	@.ci/deps

configure: deps
	@cmake --preset release

build: configure ## release build of everything, into build/
	$(CMAKE_BUILD)

demo: build ## the flight booking, end to end: kill, restart, dead letters, reconciliation
	plugins/demo/run

run: configure ## start the broker with its data in build/data (FLAGS="--config FILE": with more flags)
	$(CMAKE_BUILD) --target pavaned
	$(BUILD)/bin/pavaned --data-dir $(BUILD)/data $(FLAGS)

# The same build as `make demo`'s. Crash tests at fail points run in the presets asan and crash.
test: build ## build, then all tests
	ctest --preset release -j $(JOBS)

# A build of its own: the release with fail points. build/crash/result.json has the sum.
crash: deps ## kill the store and the broker COUNT times in all (10,000), at every step; resumable
	cmake --preset crash
	cmake --build --preset crash -j $(JOBS) --target pavaned broker_crash store_crash
	tests/crash/crash.py --count $(COUNT) --build build-crash --state $(BUILD)/crash

bench-rules: configure ## figures of the matcher, and of changing rules at run time, as JSON
	$(CMAKE_BUILD) --target bench_rules bench_rule_change pavaned
	$(BUILD)/bin/bench_rules
	$(BUILD)/bin/bench_rule_change

bench-deps: ## install the brokers that bench-broker compares with (optional)
	@.ci/deps packages-bench

bench-broker: configure ## throughput and latency of the whole broker beside its peers (ROWS=... for some rows)
	$(CMAKE_BUILD) --target bench_broker bench_peers pavaned
	$(BUILD)/bin/bench_broker $(if $(ROWS),--rows $(ROWS))

format: ## clang-format the whole tree in place
	@git ls-files '*.h' '*.cc' | xargs clang-format-14 -i

tidy: deps ## clang-tidy over the files changed since the last commit (PAVANE_TIDY=all: over all)
	@.ci/tidy
