# Needs Python 3.11+, git and make; everything else is installed into .venv, pinned and hash-checked.
BIN := .venv/bin
DEMO_FLAGS ?=
BENCH ?=
export DVC_NO_ANALYTICS := true
export MLFLOW_DISABLE_TELEMETRY := true
# Kept bytecode, also where the machine's settings are against it: without it each of the many
# commands that tests start compiles all of Affidavit anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-outcomes test check conformance bench slow lock docs clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/installed ## install the pinned environment into .venv, once

.venv/installed: requirements/bootstrap.txt requirements/development.txt pyproject.toml requirements/install.sh
	@bash requirements/install.sh
	@touch $@

demo: .venv/installed ## the main job on the sample: train, register, build, verify, forge, compare
	@$(BIN)/python samples/demo/run.py $(DEMO_FLAGS)

demo-outcomes: .venv/installed ## the same, shorter, on data with a real outcome
	@$(BIN)/python samples/demo/run.py --sample card-default $(DEMO_FLAGS)

test: .venv/installed ## the fast tests; lists what it left out
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -p tests.support.left_out

check: .venv/installed ## format, lint, types, layering, generated docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python docs/generate.py --check

conformance: .venv/installed ## what other implementations say; names what cannot run here
	@$(BIN)/python tests/conformance/run.py

bench: .venv/installed ## speed and memory against peers (BENCH=startup for one alone)
	@$(BIN)/python benchmarks/run.py $(BENCH)

slow: .venv/installed ## fuzzing and kill tests, and property tests on cases drawn anew
	@$(BIN)/python -m pytest -q -m "slow or (hypothesis and not system)" --hypothesis-profile=anew

docs: .venv/installed ## write the generated parts of docs/
	@$(BIN)/python docs/generate.py

lock: ## pin every environment again
	@bash requirements/lock.sh

clean: ## remove what was built, keep the environment
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
