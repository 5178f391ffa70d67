# What there is to type. `make` alone lists it.

PYTHON ?= $(shell for each in python3 python3.11 python3.12 python3.13 python3.14; do \
	"$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$each" && break; done)
VENV := .venv
RUN := $(VENV)/bin/python
KRING := $(VENV)/bin/kring
# Each of the many processes of a platform, and of its tests, would compile all modules again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help up demo test fuzz lint fix bench env

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: env ## start all of Kring on this machine; Ctrl-C stops it, data stays in .kring/ (EMPTY=1: no example in it)
	@$(KRING) up $(if $(filter-out 0,$(EMPTY)),--empty)

demo: env ## play one whole case and a paid registration (REPORT=file.json STORY=name KEEP=1 BROWSER=1)
	@$(KRING) demo $(if $(STORY),--story $(STORY)) $(if $(REPORT),--report $(REPORT)) $(if $(filter-out 0,$(KEEP)),--keep) $(if $(filter-out 0,$(BROWSER)),--pictures pictures)

test: env ## run every test, on two cores (ARGS="-k words" for some, on one)
	@$(RUN) -m pytest --durations=15 $(or $(ARGS),--numprocesses=2 --dist=loadscope --no-loadscope-reorder)

fuzz: env ## send generated requests to every service for long (SECONDS=300 SERVICE=plans; SEED=n: those again)
	@$(RUN) -m pytest -q --show-capture=no tests/access/fuzz.py $(if $(SERVICE),-k $(SERVICE)) \
		$(if $(SEED),--fuzz-seed=$(SEED),--fuzz-seconds=$(or $(SECONDS),300))

lint: env ## check style, types and import rules; changes nothing
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy
	@$(VENV)/bin/lint-imports

fix: env ## change what the style checker can change by itself
	@$(RUN) -m ruff check --fix . ; found=$$?; $(RUN) -m ruff format . && exit $$found

bench: env ## run the benchmarks (REPORT=file.json)
	@$(RUN) -m tests.bench $(if $(REPORT),--report $(REPORT))

# Installed anew only when the list of what to install has changed.
env: $(VENV)/.installed services/portal/frontend/built/kring.css

$(VENV)/.installed: requirements.txt deploy/bootstrap.txt deploy/install.sh
	@sh deploy/install.sh "$(PYTHON)" "$(VENV)"

FRONTEND := services/portal/frontend
$(FRONTEND)/built/kring.css: $(VENV)/.installed services/portal/assets.py $(FRONTEND)/package-lock.json $(FRONTEND)/kring.css
	@sh deploy/install_node.sh "$(VENV)"
	@$(RUN) -m services.portal.assets
