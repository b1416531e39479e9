# up · test · lint · bench · weights · install · lock
.DEFAULT_GOAL := help
.ONESHELL:
SHELL := /bin/sh

PYTHON ?= python3.11
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
PORT ?= 8000
export PORT

FRONTEND_SOURCES := $(shell find frontend/src -type f) vite.config.ts tsconfig.json package.json

help: ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

up: install frontend ## run the product; Ctrl-C stops it
	@exec $(BIN)/python -m searchapp.embedded.up

install: .venv/base.done ## make .venv with the product's packages

models: .venv/models.done ## add torch and transformers, for other encoders

develop: .venv/dev.done ## add what tests, lint and benchmarks need

frontend: frontend/static/frontend/app.js ## build the pages' scripts and styles

test: develop frontend browser mariadb lint ## run everything, on up to four cores
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: develop node_modules/.done ## ruff, mypy, djlint, tsc
	@set -e
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint --quiet --lint frontend/templates kbqa/templates
	npm run --silent check

bench: develop ## run the benchmarks; results in benchmarks/results
	@$(BIN)/python -m benchmarks $(ARGS)

weights: models ## run the recipe of a code encoder, in FOLDER (hours); HELD_OUT: corpora that must not be trained on
	@$(BIN)/python manage.py run_recipe code_encoder --out $(FOLDER) $(HELD_OUT:%=--set pairs.held-out=%) $(ARGS)

browser: develop ## find Chromium, or install it
	@$(BIN)/python -m tests.browser.chromium

mariadb: develop ## find MariaDB, or install it where that may be done
	@$(BIN)/python -m tests.kbqa.sql.mariadb

lock: ## bring requirements/*.txt up to date with requirements/*.in
	@sh requirements/lock.sh

.venv/created:
	@$(PYTHON) -m venv .venv || python3 -m venv .venv
	@touch $@

.venv/base.done: requirements/base.txt | .venv/created
	@echo "Installing Python packages …"
	@$(PIP) -r $<
	@touch $@

.venv/models.done: requirements/models.txt .venv/base.done
	@echo "Installing torch and transformers …"
	@$(PIP) -r $<
	@touch $@

.venv/dev.done: requirements/dev.txt .venv/models.done
	@echo "Installing what tests need …"
	@$(PIP) -r $<
	@touch $@

node_modules/.done: package.json package-lock.json
	@echo "Installing frontend packages …"
	@npm ci --silent --no-fund --no-audit
	@touch $@

frontend/static/frontend/app.js: $(FRONTEND_SOURCES) node_modules/.done
	@echo "Building the frontend …"
	@npm run --silent build
	@touch $@

.PHONY: help up install models develop frontend test lint bench weights browser mariadb lock
