# Towpath: the commands that people and workflows call. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
STATE := $(CURDIR)/.towpath/state
LAB_STACK := $(if $(CLUSTER),lab-cluster,lab)
# The lab's state is encrypted like any other; its passphrase is public on purpose, and good for nothing else.
LAB_PASSPHRASE := towpath-lab
# Two steps, since `eval` alone would hide that `make env` failed, and plain pulumi would go to the user's own backend.
IN_LAB := exports="$$($(MAKE) -s env)"; eval "$$exports";
# What a command on any stack needs: the engine, and nothing of the lab.
WITH_ENGINE := exports="$$($(PYTHON) -m engine env)"; eval "$$exports";
RECOVERY := --recovery "$(abspath $(PYTHON)) -m engine recover"
SHOWN := $(if $(OUTPUT),--output "$$OUTPUT")
# Programs that tests run, each with its package where that has another name.
BROWSER := $(if $(shell command -v google-chrome chromium),,chromium-headless-shell)
TEST_PROGRAMS := busybox $(BROWSER) curl gawk jq openssl redis-cli:redis-tools shellcheck
ACTIONLINT_VERSION := 1.7.12
ACTIONLINT := $(HOME)/.cache/towpath/actionlint/v$(ACTIONLINT_VERSION)/actionlint

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(INSTALLED): requirements.lock
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "towpath: python3 is $$(python3 -V 2>&1 | cut -d' ' -f2), 3.11 or later is needed: put one first on PATH"; exit 1; }
	@echo "▸ Python packages into $(VENV)" >&2
	@python3 -m venv --clear $(VENV) \
		|| { echo "towpath: python3 cannot make virtual environments: install its venv module (Debian: python3-venv)"; exit 1; }
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.PHONY: setup
setup: $(INSTALLED) ## install what is needed: Python packages, the Pulumi engine
	@$(PYTHON) -m engine install

.PHONY: env
env: $(INSTALLED) ## print export lines for a shell that reaches the lab: eval "$(make -s env)"
	@exports="$$($(PYTHON) -m engine env)"; echo "$$exports"; eval "$$exports"; $(PYTHON) -m lab env
	@printf 'export PULUMI_BACKEND_URL=%q\n' "file://$(STATE)"
	@echo 'export PULUMI_CONFIG_PASSPHRASE=$(LAB_PASSPHRASE)'

.PHONY: up
up: setup ## start the lab, run `pulumi up`, prove it: push an image, pull it on another node; CLUSTER=1: in Kubernetes
	@$(PYTHON) -m lab up $(if $(CLUSTER),--cluster)
	@mkdir -p -m 0700 "$(STATE)"
	@$(IN_LAB) pulumi stack select --create $(LAB_STACK) >/dev/null
	@$(IN_LAB) $(PYTHON) -m engine recover -s $(LAB_STACK)
	@$(IN_LAB) pulumi up -s $(LAB_STACK) --yes
	@$(IN_LAB) pulumi stack output -s $(LAB_STACK) --json --show-secrets | $(PYTHON) -m lab.prove

.PHONY: down
down: $(INSTALLED) ## destroy the lab's stacks and remove every trace of the lab; packages and caches stay
	@$(PYTHON) -m engine install >/dev/null && $(IN_LAB) \
	others="$$(find "$(STATE)/.pulumi/stacks" -name '*.json' -o -name '*.json.gz' 2>/dev/null \
		| grep -vE '/towpath/lab(-cluster)?\.json(\.gz)?$$' || true)"; \
	if [ -n "$$others" ]; then echo "other stacks have their state here: $$others; destroy and remove them first"; exit 1; fi; \
	if ! $(PYTHON) -m lab status >/dev/null 2>&1; then \
		echo "the lab does not run whole, so its nodes go without a pulumi destroy"; exit 0; \
	fi; \
	for stack in lab-cluster lab; do \
		[ -d "$(STATE)" ] && pulumi stack select $$stack >/dev/null 2>&1 || continue; \
		{ $(PYTHON) -m engine recover -s $$stack && pulumi destroy -s $$stack --yes --skip-preview; } \
			|| echo "the destroy of $$stack did not end well; the nodes go anyway"; \
	done
	@$(PYTHON) -m lab down
	@# What `images restore` puts back, the SSH key and the kubeconfig are no part of the lab: other stacks' settings name them.
	@[ ! -d .towpath ] || { find .towpath -mindepth 1 -maxdepth 1 ! -name saved ! -name ssh ! -name kubeconfig -exec rm -rf {} + ; rmdir --ignore-fail-on-non-empty .towpath; }

.PHONY: test
test: setup ## run every test; the lab is started if it does not run
	@missing=; for each in $(TEST_PROGRAMS); do command -v "$${each%:*}" >/dev/null || missing="$$missing $${each#*:}"; done; \
	if [ -n "$$missing" ]; then \
		echo "▸ Debian packages for the tests:$$missing"; export DEBIAN_FRONTEND=noninteractive; \
		apt-get install -qq -y --no-install-recommends $$missing >/dev/null 2>&1 \
			|| { apt-get -qq update && apt-get install -qq -y --no-install-recommends $$missing >/dev/null; }; \
	fi
	@$(PYTHON) -m lab up
	@$(IN_LAB) $(PYTHON) -m pytest --side-by-side "$$(nproc)" $(PYTEST_ARGS)

.PHONY: bench
bench: setup ## benchmarks beside the peers: ONLY=nodes one of them, SHORT=1 to see that they run
	@$(PYTHON) -m lab up
	@$(IN_LAB) $(PYTHON) -m bench $(ONLY)

.PHONY: bench-growth
bench-growth: setup ## how cost grows with size, resumable: ONLY=tags one dimension, SHORT=1 to see that it runs
	@$(IN_LAB) $(PYTHON) -m bench.growth $(ONLY)

.PHONY: init
init: $(INSTALLED) ## write the settings of a new stack: STACK=dev; FROM=stacks/ephemeral.yaml asks nothing
	@$(PYTHON) -m towpath init $(if $(STACK),--stack "$$STACK") $(if $(FROM),--from "$$FROM")

# A language host may not tell a policy pack which stack it judges.
preview deploy: export PULUMI_STACK = $(STACK)

.PHONY: preview
preview: setup ## show what a deploy of STACK=dev would change; PLAN=file saves it, EVENTS=file is for a report, DRIFT=1
	@$(WITH_ENGINE) $(PYTHON) -m towpath preview --stack "$${STACK:-}" $(if $(PLAN),--save-plan "$$PLAN") \
		$(if $(EVENTS),--events "$$EVENTS") $(if $(DRIFT),--drift) $(SHOWN)

.PHONY: deploy
deploy: setup ## make STACK=dev as its settings say; PLAN=file: nothing but that plan; CREATE=1: a new stack
	@$(WITH_ENGINE) $(PYTHON) -m towpath deploy --stack "$${STACK:-}" $(if $(PLAN),--plan "$$PLAN") \
		$(if $(CREATE),--create) $(RECOVERY) $(SHOWN)

.PHONY: drift
drift: setup ## show what differs on the machines of STACK=dev from its state; fails if anything does
	@$(WITH_ENGINE) $(PYTHON) -m towpath drift --stack "$${STACK:-}" $(SHOWN)

.PHONY: destroy
destroy: setup ## take back all of STACK=dev; CONFIRM=dev if it is protected, EXPORT=folder keeps images, REMOVE=1
	@$(if $(EXPORT),$(WITH_ENGINE) $(PYTHON) -m towpath images export "$$EXPORT" --all --stack "$${STACK:-}")
	@$(WITH_ENGINE) $(PYTHON) -m towpath destroy --stack "$${STACK:-}" --confirm "$${CONFIRM:-}" \
		$(if $(REMOVE),--remove) $(RECOVERY) $(SHOWN)

.PHONY: reap
# OPEN counts only where it is given to make: one that happens to be in the environment, empty, would reap everything.
reap: setup ## list stacks of pull requests that had their time: OPEN='12 15' are open, HOURS=72, YES=1 destroys
	@$(WITH_ENGINE) $(PYTHON) -m towpath reap $(if $(filter command,$(origin OPEN)),--open "$$OPEN") \
		$(if $(HOURS),--hours "$$HOURS") $(if $(YES),--yes) $(RECOVERY)

$(ACTIONLINT):
	@echo "▸ actionlint $(ACTIONLINT_VERSION), built once" >&2
	@mkdir -p "$(@D)"
	@cd .ci/actionlint && CGO_ENABLED=0 GOTOOLCHAIN=local GOWORK=off GOFLAGS= \
		go build -mod=readonly -trimpath -o "$@.$$$$" github.com/rhysd/actionlint/cmd/actionlint && mv "$@.$$$$" "$@"

.PHONY: docs
docs: $(INSTALLED) ## build the documentation into .site/; a link that leads nowhere fails it
	@$(PYTHON) -m sphinx --fail-on-warning --keep-going --quiet --fresh-env --conf-dir docs/site \
		--doctree-dir .site/.doctrees . .site
	@echo ".site/docs/index.html"

.PHONY: check
check: $(INSTALLED) $(if $(shell command -v go),$(ACTIONLINT)) docs ## lint, format, types, workflows, documentation
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@if [ -x "$(ACTIONLINT)" ]; then "$(ACTIONLINT)"; \
	else echo "▸ the workflows are not checked: actionlint is built with Go, which is not on PATH" >&2; fi
