# Every command of the project; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PAGES := $(VENV)/.pages
PEERS := .venv-peers/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test bench validate targets docs dist lint format clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || (echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

demo: $(READY) ## simulate Shanghai, spring 2022, all 24.87 million residents, and write the report
	@$(BIN)/lazaretto run shanghai-2022 --replicates $(or $(REPLICATES),5)

test: $(READY) ## check style and types, then run the tests
	@$(BIN)/python tests/kernels.py & kernels=$$!; \
	$(MAKE) --no-print-directory lint && wait $$kernels || { kill $$kernels 2>/dev/null; exit 1; }
	$(BIN)/python -m pytest -m "not slow" --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 40

validate: $(READY) ## prove every claim of docs/validation.md anew, and write it (an hour and more)
	-$(MAKE) --no-print-directory $(PEERS)
	run=$$($(BIN)/lazaretto run shanghai-2022 --replicates 20 --out runs/validation --no-report --json \
	  | $(BIN)/python -c 'import json, sys; print(json.load(sys.stdin)["run"])') || exit 1; \
	$(BIN)/python -m pytest -m "slow or evidence" --numprocesses 2 --dist loadfile --evidence=docs/validation.json tests; \
	proved=$$?; $(MAKE) --no-print-directory targets RUN=$$run && \
	$(BIN)/python tests/validation/page.py docs/validation.json docs/validation.md && exit $$proved

$(PEERS): tests/validation/peers-constraints.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --constraint $< covasim starsim
	@touch $(PEERS)

bench: $(READY) ## measure speed and memory beside the peers (BASE=REV compares two revisions)
	$(BIN)/python bench/bench.py $(if $(BASE),--base $(BASE)) $(BENCH)

targets: $(READY) ## hold a run of shanghai-2022 against published numbers (RUN=runs/shanghai-2022-...)
	$(BIN)/python -m lazaretto.studies.targets $(RUN) docs/shanghai-2022-targets.md --fit $(or $(FIT),docs/shanghai-2022-fit.json)

$(PAGES): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	@touch $(PAGES)

docs: $(PAGES) ## build the pages of docs/ as a site, docs/_build/html; a warning is an error
	$(BIN)/python -m sphinx -W --keep-going -q docs docs/_build/html

dist: $(READY) ## build wheel and source archive in dist/, and check them
	rm -rf dist
	$(BIN)/python -m build --outdir dist
	$(BIN)/python -m twine check --strict dist/*

lint: $(READY) ## check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(READY) ## put the code in shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## remove the environments and everything that was made
	rm -rf $(VENV) .venv-bench .venv-peers runs build dist docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
