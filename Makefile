# Everything a newcomer needs: `make demo` and `make test`. Both set up what they need first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
# Set to PyTorch's CPU index to spare a Linux machine without a GPU the CUDA packages.
TORCH_INDEX_URL ?=
STAGE ?= dev

VENV := .venv
BIN := $(VENV)/bin
PY_STAMP := $(VENV)/.installed
NODE_STAMP := node_modules/.installed
export CDK_DISABLE_CLI_TELEMETRY := true
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export PYTHONUNBUFFERED := 1

.PHONY: help setup demo test up check bench synth deploy destroy lock format clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

setup: $(PY_STAMP) $(NODE_STAMP)  ## virtual environment, Python and node packages, from the locks

$(PY_STAMP): requirements/dev.txt requirements/torch.txt requirements/setup.txt pyproject.toml
	@echo "[setup 1/4] virtual environment with $$($(PYTHON) --version)"
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 13) else f"Continuo needs Python 3.11 or 3.12, this is {v[0]}.{v[1]}: set PYTHON=")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/setup.txt
	@echo "[setup 2/4] PyTorch (the largest download)"
	@$(BIN)/python -m pip install --disable-pip-version-check $(if $(TORCH_INDEX_URL),--index-url $(TORCH_INDEX_URL)) -r requirements/torch.txt
	@echo "[setup 3/4] Python packages from requirements/dev.txt"
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --require-hashes -r requirements/dev.txt
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(NODE_STAMP): package.json package-lock.json
	@echo "[setup 4/4] the AWS CDK command line from package-lock.json"
	@npm ci --no-fund --no-audit --loglevel=error
	@touch $@

demo: setup  ## train on Bach on the local cloud and compose; results in out/demo
	@$(BIN)/continuo demo

up: setup  ## start the local cloud, deploy, and stay until Ctrl-C
	@$(BIN)/continuo up

test: setup check  ## every check and every test
	@$(BIN)/python -m pytest

check: setup  ## lint, types, architecture
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup  ## format and fix what can be fixed
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: setup  ## measure speed and quality into bench/report.json
	@$(BIN)/python -m bench

synth: setup  ## the CloudFormation template of a stage (STAGE=dev) into cdk.out
	@node_modules/.bin/cdk synth -c stage=$(STAGE) --quiet && echo "cdk.out/continuo-$(STAGE).template.json"

deploy: setup  ## deploy to your AWS account (STAGE=dev); needs credentials and Docker
	@node_modules/.bin/cdk deploy -c stage=$(STAGE)

destroy: setup  ## remove the stack from your AWS account (STAGE=dev)
	@node_modules/.bin/cdk destroy -c stage=$(STAGE)

lock: $(PY_STAMP)  ## resolve the locks anew from pyproject.toml
	@for group in lambdas training inference dev; do \
	  $(BIN)/uv pip compile --quiet --group $$group --universal --generate-hashes --python-version 3.11 --no-header \
	    --output-file requirements/$$group.txt || exit 1; done

clean:  ## remove everything that was built, set up or cached
	@rm -rf $(VENV) node_modules cdk.out .build .cache .local out
