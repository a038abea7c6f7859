# make run and make test are all that a newcomer needs; `make help` names the rest.
.DEFAULT_GOAL := help
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
OWN := contracts kit deploy services/intake services/documents services/review services/scheduling services/xoev-gateway
OWN_NAMES := aktenlauf-contracts aktenlauf-kit aktenlauf-cli aktenlauf-intake aktenlauf-documents aktenlauf-review aktenlauf-scheduling aktenlauf-xoev-gateway

unexport PYTHONDONTWRITEBYTECODE # where it is set, every process would compile all of this anew

.PHONY: help setup run test test-faults test-fast servers servers-stop check secrets bench contracts notices browser lock

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready ## install everything that is locked, once

.venv/.uv:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@touch $@

.venv/.ready: .venv/.uv requirements.lock package-lock.json deploy/frontend.py pyproject.toml $(OWN:=/pyproject.toml)
	$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation $(OWN:%=-e ./%)
	$(BIN)/python deploy/frontend.py
	@touch $@

run: setup ## the whole system in one process, with demonstration data, on http://localhost:8000
	@exec $(BIN)/aktenlauf run

PYTEST := $(BIN)/pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder --durations=15

test: setup ## every test that can run here, but for the faults
	$(BIN)/python deploy/servers.py install
	$(PYTEST) --ignore=tests/faults
	@echo "Not run: tests/faults. make test-faults runs them."

test-faults: setup ## services and servers are killed, lost and put to sleep under load; what they leave is searched
	$(BIN)/python deploy/servers.py install
	$(PYTEST) tests/faults

test-fast: setup ## the quick tests: no servers, no browser, no whole installations
	$(PYTEST) -m "not servers and not long"

servers: setup ## Kafka, FerretDB on PostgreSQL, S3 and ClamAV, natively; addresses in .servers/env
	$(BIN)/python deploy/servers.py up

servers-stop: setup ## end them, and what a crash left behind
	$(BIN)/python deploy/servers.py down

check: setup ## style, types, import arrows, contracts, files for containers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/aktenlauf contracts --check
	$(BIN)/aktenlauf proxy-config --check deploy/docker/nginx.conf
	$(BIN)/python deploy/check_containers.py

secrets: ## make the secrets of compose.yaml that lack, in .secrets
	$(PYTHON) deploy/docker/make_secrets.py

bench: setup ## measured figures, as a table and JSON
	$(BIN)/aktenlauf bench all

contracts: setup ## write the generated schemas and AsyncAPI anew
	$(BIN)/aktenlauf contracts

notices: setup ## write the licences of the Python packages into THIRD_PARTY.md anew
	$(BIN)/python deploy/licences.py

browser: setup ## a Chromium for the browser tests
	$(BIN)/python deploy/browser.py

lock: .venv/.uv ## choose third-party versions anew (writes requirements.lock)
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate \
	  --group dev pyproject.toml $(OWN_NAMES:%=--no-emit-package %) -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --constraint requirements.lock \
	  pyproject.toml $(OWN_NAMES:%=--no-emit-package %) -o deploy/docker/requirements.lock
