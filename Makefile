# Towpath: the commands that people and workflows call. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
STATE := $(CURDIR)/.towpath/state
# The lab's state is encrypted like any other; its passphrase is public on purpose, and good for nothing else.
LAB_PASSPHRASE := towpath-lab
IN_LAB := eval "$$($(MAKE) -s env)";

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(INSTALLED): requirements.lock
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "towpath: python3 is $$(python3 -V 2>&1 | cut -d' ' -f2), 3.11 or later is needed: put one first on PATH"; exit 1; }
	@echo "▸ Python packages into $(VENV)"
	@python3 -m venv --clear $(VENV) \
		|| { echo "towpath: python3 cannot make virtual environments: install its venv module (Debian: python3-venv)"; exit 1; }
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.PHONY: setup
setup: $(INSTALLED) ## install what is needed: Python packages, the Pulumi engine
	@$(PYTHON) -m engine install

.PHONY: env
env: $(INSTALLED) ## print export lines for a shell that reaches the lab: eval "$(make -s env)"
	@$(PYTHON) -m engine env
	@$(PYTHON) -m lab env
	@echo 'export PULUMI_BACKEND_URL=file://$(STATE)'
	@echo 'export PULUMI_CONFIG_PASSPHRASE=$(LAB_PASSPHRASE)'

.PHONY: up
up: setup ## start the lab, run `pulumi up` of stack lab, prove it: push an image, pull it on another node
	@$(PYTHON) -m lab up
	@mkdir -p -m 0700 $(STATE)
	@$(IN_LAB) pulumi stack select --create lab >/dev/null
	@$(IN_LAB) $(PYTHON) -m engine recover -s lab
	@$(IN_LAB) pulumi up -s lab --yes --skip-preview
	@$(IN_LAB) pulumi stack output -s lab --json --show-secrets | $(PYTHON) -m lab.prove

.PHONY: down
down: ## destroy stack lab and remove every trace of the lab; packages and caches stay
	@if [ ! -x $(PYTHON) ]; then echo "nothing to take down: there is no $(VENV)"; exit 0; fi; \
	if [ -d $(STATE) ] && $(PYTHON) -m lab status >/dev/null 2>&1; then \
		$(IN_LAB) $(PYTHON) -m engine recover -s lab; \
		pulumi destroy -s lab --yes --skip-preview && pulumi stack rm -s lab --yes --preserve-config; \
	else \
		echo "the lab does not run whole, so its nodes go without a pulumi destroy"; \
	fi
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m lab down && rm -rf .towpath; fi

.PHONY: test
test: setup ## run every test; the lab is started if it does not run
	@$(PYTHON) -m lab up
	@$(IN_LAB) $(PYTHON) -m pytest $(PYTEST_ARGS)

.PHONY: check
check: $(INSTALLED) ## lint, format, types
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
