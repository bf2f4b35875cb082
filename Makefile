# `make demo` and `make test` do all set-up themselves.
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-slow check lint types contracts migrations audit docs lock clean

LASTMETER_DATA ?= ../shared/data
export LASTMETER_DATA
BIN := .venv/bin
DEMO ?= demo-company
SIZE ?= 200000
SEED ?= 7
PORT ?= 8000

help: ## what can be made
	@grep -hE '^[a-z-]+%?:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/.ready: requirements/dev.lock pyproject.toml scripts/setup
	scripts/setup
	@touch $@

.venv/.rivals: .venv/.ready requirements/rivals.lock
	scripts/setup rivals
	@touch $@

setup: .venv/.ready ## install everything that is missing

demo: .venv/.ready ## a simulated company in ./demo-company, from exports to the console; Ctrl-C stops it, again goes on
	@[ -f $(DEMO)/facts/manifest.json ] || $(BIN)/lastmeter demo $(DEMO) --events $(SIZE) --seed $(SEED) --hold-back 60
	@$(BIN)/lastmeter live $(DEMO) --port $(PORT)

test: .venv/.ready ## the fast suite
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

test-slow: .venv/.ready ## what takes longer
	$(BIN)/python -m pytest -n 2 --dist worksteal -m slow

check: ## all that has to be green before a change lands
	.ci/run

lint: .venv/.ready ## style
	$(BIN)/ruff check .

# Models are typed by their settings, which want a workspace: the template of one will do.
types: .venv/.ready ## types
	@folder=$$(mktemp -d) && cp -r src/lastmeter/workspace_template/commerce/. "$$folder" && trap "rm -rf $$folder" EXIT \
		&& LASTMETER_WORKSPACE="$$folder" LASTMETER_SECRET_KEY=types $(BIN)/mypy

contracts: .venv/.ready ## which room may import which
	$(BIN)/lint-imports --no-cache

migrations: .venv/.ready ## the schema that the code states is the one that its migrations make
	$(BIN)/python -m pytest -q tests/architecture/test_migrations.py

audit: .venv/.ready ## known weaknesses of what we depend on
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements/dev.lock

docs: .venv/.ready ## the documentation as a site, in ./site
	$(BIN)/python scripts/write_reference.py
	$(BIN)/mkdocs build --strict --quiet

lock: .venv/.ready ## renew the lock files; hosts stay out of them
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	    --group dev --extra notebook pyproject.toml -o requirements/dev.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	    --group rivals -c requirements/dev.lock pyproject.toml -o requirements/rivals.lock

# One figure, or a family of figures, measured in a scratch folder: make show-olist, make show-durable ARGS="--seed 3".
# The last line printed is one JSON object.
show-speed show-oracle show-exports show-rivals show-planted: .venv/.rivals
show-%: .venv/.ready ## make a figure (see docs/benchmarks.md)
	$(BIN)/python benchmarks/show_$(subst -,_,$*).py $(ARGS)

clean: ## remove what was made here, never a workspace
	rm -rf .venv site build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
