# Everything the house needs, in two commands: `make serve` and `make test`.
# The rest is for those who change it (CONTRIBUTING.md).

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DATA   := $(if $(ALDABA_DATA),$(ALDABA_DATA),var)

.PHONY: serve cluster test test-web scorecard mutants check format bench lock clean

serve: $(VENV)/.server
	@$(BIN)/aldaba serve --sandbox

# Two nodes, PostgreSQL and Valkey behind a small balancer, for trying.
cluster: $(VENV)/.test
	@$(BIN)/python -m cluster

test: $(VENV)/.test
	@$(BIN)/python -m pytest -n 2 --dist loadgroup tests

# Suites that need Node 20 and Chromium: the TypeScript client, the second SMSC, every page in a real browser.
test-web: $(VENV)/.test
	@$(BIN)/python -m pytest tests/node tests/web

# Measures every promise in the long form, which takes hours: ROWS=soak measures a part (an expression as for
# pytest -k) and leaves the rest of the page as it was, RESUME=1 leaves out what passed on the same code,
# SCALE=short takes what `make test` takes.
scorecard: $(VENV)/.test
	@$(BIN)/python -m pytest -q tests --scorecard $(if $(filter short,$(SCALE)),build/scorecard.md --short,docs/scorecard.md) \
	    $(if $(ROWS),-k '$(ROWS)') $(if $(RESUME),--resume)

# Which small mistakes in rules, algorithms and use cases no test would notice; takes an hour or more (docs/mutation.md).
mutants: $(VENV)/.test
	@nice -n 10 $(BIN)/python -m tests.mutation

check: $(VENV)/.test
	@$(BIN)/ruff format --check src tests bench cluster examples sdk
	@$(BIN)/ruff check src tests bench cluster examples sdk
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python sdk/python/generate.py --check
	@$(BIN)/python sdk/typescript/generate.py --check
	@$(BIN)/python sdk/typescript/bring_to_portal.py --check
	@$(BIN)/python -m pytest -q tests/house

format: $(VENV)/.test
	@$(BIN)/ruff format src tests bench cluster examples sdk
	@$(BIN)/ruff check --fix src tests bench cluster examples sdk

bench: $(VENV)/.test
	@$(BIN)/python -m bench

# Writes the hash-locked requirements again; needs the `uv` tool.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --no-annotate --no-header -q pyproject.toml --group pyproject.toml:build -o requirements/server.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --no-annotate --no-header -q pyproject.toml --group pyproject.toml:build --group pyproject.toml:test \
	    -c requirements/server.txt -o requirements/test.txt

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "aldaba needs Python 3.11 or newer, found " + sys.version.split()[0])'
	@$(PYTHON) -m venv $(VENV)

# The locks name everything, so nothing is resolved: a newer release of a part somewhere changes nothing here.
$(VENV)/.server: requirements/server.txt pyproject.toml | $(VENV)/bin/python
	@echo "Setting up (once, a minute or two): installing the server's parts"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements/server.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.server
	@echo "Setting up (once, some minutes): installing the test tools"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements/test.txt
	@touch $@
