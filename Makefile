# One command each. `make demo` and `make test` do all the set-up on a fresh Debian 12, as root or with sudo.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo stop run test pytest lint checks format bench faults lock clean distclean

# The real folder behind .venv: processes of other system users cannot always follow the link in the checkout.
BIN = $(realpath .venv)/bin
# The demonstration's installation; as root it lies outside the checkout.
PATH_MARK = $(shell printf '%s' "$(realpath .)" | sha256sum | cut -c1-12)
DEMO_HOME = $(if $(filter 0,$(shell id -u)),/var/lib/printserver-demo/$(PATH_MARK),$(realpath .)/var/demo-home)
# `make test TESTS=tests/unit/audit` runs a part of the tests; WORKERS=0 runs them one after the other.
TESTS ?=
# One more than processors: tests that kill and restart wait more than they work.
WORKERS ?= $(shell expr $$(nproc) + 1)

help:
	@echo 'make demo    one sealed contract, from application to archive; CONTRACT=path.pdf, ONESHOT=1'
	@echo 'make stop    end the server that the demonstration left running'
	@echo 'make test    set-up, lint and all tests; TESTS=path for a part of them'
	@echo 'make run     keep the server running'
	@echo 'make lint    style, types, import rules, house rules, translations'
	@echo 'make bench   benchmarks, each beside its limit'
	@echo 'make faults  kill every part a thousand times on each database and count what was printed; FAULTS_KILLS=200'
	@echo 'make setup   packages, system users, virtual environment; every other command does it too'
	@echo 'make clean   remove what runs have written (var/, caches); make distclean removes .venv as well'

setup:
	@deploy/setup/install.sh

demo: setup
	$(BIN)/printserver demo $(if $(CONTRACT),--contract "$(CONTRACT)") $(if $(filter-out 0,$(ONESHOT)),--oneshot)

stop:
	$(BIN)/printserver demo --stop

# The installation in PRINTSERVER_HOME, else the demonstration's, which is made when it is not there yet.
run: setup
	$(if $(PRINTSERVER_HOME),,$(BIN)/printserver demo --stop)
	exec $(BIN)/printserver run $(if $(PRINTSERVER_HOME),,--demo)

test: setup
	@$(MAKE) --no-print-directory --jobs=2 pytest checks

pytest: setup
	$(BIN)/python -m pytest -n $(WORKERS) --no-loadscope-reorder $(TESTS)

lint: checks
	$(BIN)/python -m pytest -q tests/test_house_rules.py tests/test_imports.py tests/test_dependencies.py

# Lint but for the rules that are tests of their own.
checks: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir var/cache/import-linter
	$(if $(wildcard printserver/web/translations_check.py),$(BIN)/python -m printserver.web.translations_check)

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	$(BIN)/python -m benchmarks

# Takes an hour or more; `make test` does twenty kills.
faults: setup
	$(BIN)/python -m tests.faults.printing.everything

# For maintainers: choose new versions. Needs uv (`pip install uv`); the lock names no package index.
lock:
	uv pip compile pyproject.toml --extra dev --universal --no-header --no-annotate \
		--generate-hashes --python-version 3.11 --upgrade --quiet --output-file requirements.lock
	@! grep -nE '://' requirements.lock

clean:
	$(if $(wildcard $(DEMO_HOME)/supervisor.pid),$(BIN)/printserver demo --stop)
	rm -rf var "$(DEMO_HOME)" .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -path ./.git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf "$(realpath .venv)" .venv
