SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-test setup-perf run test lint accuracy parity bench-vlm perf airgap-kit clean

PYTHON ?=
export PYTHON

SETUP = python=$$(scripts/find_python.sh) && "$$python" -m scripts.setup
BIN = .venv/bin

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## install what is missing: system packages, .venv, Triton, weights
	@$(SETUP)

setup-test:
	@$(SETUP) --test --perf

setup-perf:
	@$(SETUP) --perf

run: setup ## set up, start Triton and the gateway, read a sample, serve until Ctrl-C
	@exec $(BIN)/python -m supervisor --sample samples/sample.pdf

test: setup-test lint ## set up, lint, and run every test
	@$(BIN)/python -m pytest

lint: setup-test ## ruff, mypy, hadolint
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@for model in model_repository/*/1/model.py; do $(BIN)/mypy $$model || exit 1; done
	@$(BIN)/mypy -p scripts.setup -p scripts.made_weights
	@$(BIN)/hadolint Dockerfile.triton Dockerfile.gateway deploy/archive/Dockerfile

accuracy: setup-test ## word F1 and CER on documents with known text
	@$(BIN)/python -m benchmarks.accuracy

parity: setup-test ## the official pipeline and this server on the same made weights: every answer equal, byte for byte
	@$(BIN)/python -m benchmarks.parity --write docs/parity.md

bench-vlm: setup-test ## the decode loop against the official engine and server, on the same made weights
	@$(BIN)/python -m benchmarks.decoding

perf: setup-test setup-perf ## load profiles of the models and of the gateway, with the knee, into docs/performance.md (15 minutes)
	@$(BIN)/python -m benchmarks.perf --write docs/performance.md

airgap-kit: ## build the images and write all that an isolated machine needs to airgap-kit/ (needs Docker)
	@deploy/airgap/make-kit.sh

clean: ## remove what the set-up and the runs made; results in output/ stay
	rm -rf .venv ui/node_modules ui/.tests .screenshots .triton .vlm-server .clients .helm .weights .run .containers .mypy_cache .pytest_cache .ruff_cache build *.egg-info
