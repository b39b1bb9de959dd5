# Each target does its own set-up first, once. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2

.PHONY: help setup up tour test check bench stages campaign detours decisions rules limits operations settings threats lock format clean

help: ## Say what each target does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: $(STAMP) ## Create .venv and install everything locked (done by every other target)

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) (3.11 or newer, with venv) is needed" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is older than 3.11" >&2; exit 2; }
	@echo "set-up: a virtual environment in $(VENV), then everything that requirements.lock names"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(STAMP)
	@echo "set-up: done"

# Keys do not belong into a checkout: it is copied, cleaned and shown to others.
up: export DAYPASS_DATA ?= $(or $(XDG_STATE_HOME),$(HOME)/.local/state)/daypass
up: setup ## Run the authority on its embedded store (ARGS="--s3 URL" for the gate; DAYPASS_DATA says where)
	@exec $(BIN)/daypass up $(ARGS)

tour: setup ## The whole practice on this machine, with the real AWS CLI
	@exec $(BIN)/daypass tour

test: setup ## The whole test suite
	$(BIN)/pytest -n $(WORKERS) $(ARGS)

check: setup ## Format, lint, types, imports, dependencies and the repository's own rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src
	$(BIN)/pytest -q tests/test_tidy.py

decisions: setup ## Compare a hundred thousand decisions with the second evaluator, and lint with what is stored
	DAYPASS_DECISIONS=100000 DAYPASS_WRITTEN=5000 $(BIN)/pytest -q -n $(WORKERS) tests/properties/policy tests/properties/organizations

rules: setup ## List every rule of the policy language with the cases that show it
	@$(BIN)/python tests/core/policy/cases.py

bench: setup ## Ratios beside other servers, taken in one run (ARGS="--quick", "--only growth", "--list", "--help")
	$(BIN)/python -m tests.bench $(ARGS)

stages: setup ## What each stage of a call costs inside the process (ARGS="--beside FOLDER" for another checkout's beside it)
	@$(BIN)/python -m tests.bench.stages $(ARGS)

campaign: setup ## Figures of load and faults beside their bounds (ARGS="saturation", "connections", "stall", "workers", "faults", "faults.kills", "kept", "answers" …)
	$(BIN)/python -m tests.campaign $(ARGS)

detours: setup ## How calls wind through the files (ARGS="PutObject --tree" for every call, "--top" for the most frequent detours)
	@$(BIN)/python -m tests.detours $(ARGS)

limits: setup ## Write the bounds of the code into docs/limits.md
	@$(BIN)/python -m tests.limits.written

operations: setup ## Write the tables of every operation into tests/services/cases/operations.md and tests/gate/cases/operations.md
	@$(BIN)/python -m tests.services.operations
	@$(BIN)/python -m tests.gate.operations

settings: setup ## Write the settings into docs/settings.md
	@$(BIN)/python -m tests.server.settings.written

threats: setup ## Name the tests that show each threat in docs/threats.md
	@$(BIN)/python -m tests.threats

lock: setup ## Resolve pyproject.toml into requirements.lock again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --group dev --extra tour pyproject.toml -o requirements.lock

format: setup ## Format and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## Remove the virtual environment and every cache
	rm -rf $(VENV) .venvs .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
