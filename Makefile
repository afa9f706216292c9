# Two commands matter: `make demo` shows the whole journey, `make test` proves it. Both make what they need.
.DEFAULT_GOAL := help
.PHONY: help setup demo up down status logs psql test test-all test-browser pictures lint docs clean test-faults fuzz audit attention-tasks results bench-data test-cluster containers test-containers peers
SHELL := /bin/bash

VENV := .venv
RUN := $(VENV)/bin/python -m pipeline
STEPS := extract validate features gather train evaluate register promote forecast fill publish shadow monitor compare retain
.PHONY: $(STEPS)

# The pins are tried on 3.11; a later Python serves where there is none. PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# pip's own variables hold for uv too; without a folder of wheels, uv picks torch's build for the GPU or CPU it finds.
INSTALL := $(VENV)/bin/uv pip install $(shell test -t 2 || echo --quiet) --python $(VENV)/bin/python --compile-bytecode --requirement requirements.lock
INSTALL += $(if $(PIP_INDEX_URL),--default-index "$(PIP_INDEX_URL)")
INSTALL += $(if $(PIP_FIND_LINKS),$(foreach place,$(PIP_FIND_LINKS),--find-links "$(place)"),--torch-backend=auto)

help: ## Show this list
	@echo 'Usage: make TARGET [DAYAHEAD_SETTING=value ...]    settings: .env.example'; echo
	@awk -F ':.*## ' '/^[-a-z$$()A-Z]+:.*## /{ sub(/^\$$\(STEPS\)/, "STEP", $$1); printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo; echo '  STEP is one of: $(STEPS)'

setup: $(VENV)/.ready ## Make the environment in .venv; only when requirements.lock has changed
$(VENV)/.ready: requirements.lock
	@test -n '$(PYTHON)' || { echo 'No Python 3.11 or later with the venv module found; install one, or name it: make setup PYTHON=/path/to/python3.11'; exit 1; }
	@echo 'Making the environment with $(PYTHON): a minute or two, once'
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@test -x $(VENV)/bin/uv || $(VENV)/bin/python -m pip install --quiet --quiet uv
	@$(INSTALL)
	@touch $@

demo: setup ## Run the whole journey and show tomorrow; on your own file: DATA=path.csv.gz TIMEZONE=Europe/Berlin
	@$(RUN) demo $(if $(DATA),--data "$(DATA)") $(if $(TIMEZONE),--timezone "$(TIMEZONE)") $(ARGS)

up: setup ## Start Postgres, MLflow and Airflow on this machine
	@$(RUN) up

down: setup ## Stop them; data and models stay
	@$(RUN) down

status: setup ## Show every service, its process and its address
	@$(RUN) status

logs: setup ## Show the end of the logs; of one with SERVICE=scheduler, following with ARGS=--follow
	@$(RUN) logs $(SERVICE) $(ARGS)

psql: setup ## Open a prompt on the database in use
	@$(RUN) psql

$(STEPS): setup ## Run one step by hand: DAY=2026-08-21, further options in ARGS; train also takes PROCESSES=2
	@$(RUN) $@ $(if $(DAY),--target-day "$(DAY)") $(ARGS)

train: RUN = $(VENV)/bin/python$(if $(PROCESSES), -m torch.distributed.run --standalone --nproc-per-node $(PROCESSES) --local-ranks-filter 0) -m pipeline

# Much of a test run is waiting for services: another process computes meanwhile, see tests/fixtures/side_by_side.py.
test: setup ## Pass the tests, in PROCESSES=3; some of them, one after the other, with ARGS='tests/core -k grid'
	@$(VENV)/bin/python -m pytest $(or $(ARGS),-n $(or $(PROCESSES),3) --dist loadgroup --durations 20)

test-all: setup ## Pass those as well that prove once more, on every model, what `make test` proves on some
	@$(VENV)/bin/python -m pytest -m 'again or not again' $(or $(ARGS),-n $(or $(PROCESSES),3) --dist loadgroup --durations 20)

test-faults: setup ## Break everything on purpose: kill, cut, fill, corrupt; prints the table of docs/operations.md
	@$(VENV)/bin/python -m pytest tests/faults tests/security $(ARGS)

fuzz: setup ## Load ever more mutated files, SECONDS=60 long; FUZZ_SEED=number shows one again
	@FUZZ_SECONDS=$(or $(SECONDS),60) FUZZ_SEED=$(or $(FUZZ_SEED),$(shell date +%s)) $(VENV)/bin/python -m pytest tests/faults/test_bad_files.py $(ARGS)

audit: setup ## Look up known vulnerabilities of the pinned packages; says what could not be asked
	@$(VENV)/bin/python -m tests.security.audit

test-browser: setup ## Look at the page in a real Chromium; keep the pictures with DAYAHEAD_SCREENSHOTS=folder
	@$(VENV)/bin/python -m pytest tests/browser $(ARGS)

pictures: setup ## Draw the pictures of the page from a real run: a stack of its own, the sample, a training, days of forecasts
	@DAYAHEAD_HOME=.dayahead-pictures $(VENV)/bin/python -m benchmarks.page_picture $(ARGS)

peers: setup ## Make .venv-peers for `backtest --models nhits,patchtst,tft,auto_ets,mstl`: those libraries need an older pandas
	@test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	@$(subst --python $(VENV),--python .venv-peers,$(INSTALL)) --group peers --override <(echo 'pandas<3')
	@echo '.venv-peers/bin/python -m pipeline backtest FILE --models nhits,gru_attention'

attention-tasks: setup ## Train every attention mechanism on its author's own problem and compare with what was published
	@$(VENV)/bin/python -m benchmarks.attention_tasks $(ARGS)

results: setup ## Run every model on the public sets in DATA=folder and make docs/results.md; three seeds take an hour on two cores
	@$(VENV)/bin/python -m benchmarks.quality "$(DATA)" benchmarks/results/$$(date +%F)-$$(git rev-parse --short HEAD) $(ARGS)
	@$(VENV)/bin/python -m benchmarks.results_page

bench-data: setup ## Measure every data path beside the way one writes first, on a database of its own; smaller with ARGS='--rows 500000'
	@$(VENV)/bin/python -m benchmarks.data $(ARGS)

test-cluster: setup ## Train and forecast on Redis, Celery workers and an S3-compatible store, and kill a worker (needs redis-server)
	@$(VENV)/bin/python -m pytest tests/cluster $(ARGS)

containers: setup ## Build the images of docker/, with stand-ins for base images that cannot be pulled; says sizes and seconds
	@docker info >/dev/null 2>&1 || ! command -v podman >/dev/null || test -x .venv-containers/bin/podman-compose || { \
		$(PYTHON) -m venv .venv-containers && .venv-containers/bin/python -m pip install --quiet podman-compose==1.6.0; }
	@$(VENV)/bin/python -m tests.containers.build

test-containers: containers ## Start docker/compose.yaml itself, drive it from outside, kill parts of it (Docker, or Podman as root)
	@$(VENV)/bin/python -m pytest tests/containers --durations 0 $(ARGS)

lint: setup ## Check style, types, import contracts, SQL and the files of the containers
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/sqlfluff lint --disable-progress-bar sql/migrations sql/functions sql/views sql/roles.sql
	$(VENV)/bin/hadolint docker/Dockerfile
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.compose-spec docker/compose*.yaml

docs: setup ## Build the documentation into site/; a warning is an error
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict
	@echo 'site/index.html'

clean: setup ## Stop the stack and delete its home with all data, and the caches; .venv stays
	@$(RUN) down --delete
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage* htmlcov site
