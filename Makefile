# `make up` starts the whole site. `make help` lists the rest.

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; \
	done || echo python3)
RUN := .venv/bin/python
WITH_SERVERS := $(RUN) -m agentsite.local.temporary
CODE := accounts agentsite billing runs web tests bench manage.py
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --quiet
DOCS := NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install install-dev up check format-check lint types layers templates-check migrations-check \
	deploy-check schema-check docs-check docs audit sbom format test contract test-browser screenshots \
	bench chaos topology soak load lock

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 18

install:
	@command -v $(PYTHON) >/dev/null || { echo "agentsite: needs Python 3.11 or newer"; exit 1; }
	@$(PYTHON) agentsite/local/install.py

install-dev:
	@command -v $(PYTHON) >/dev/null || { echo "agentsite: needs Python 3.11 or newer"; exit 1; }
	@$(PYTHON) agentsite/local/install.py dev

up: install ## Start the site: http://127.0.0.1:8000 (PORT=8001 make up for another port)
	@exec $(RUN) manage.py up

check: format-check lint types layers templates-check migrations-check deploy-check schema-check \
	docs-check ## All static checks

format-check: install-dev
	$(RUN) -m ruff format --check $(CODE)

lint: install-dev
	$(RUN) -m ruff check $(CODE)

types: install-dev
	$(RUN) -m mypy $(CODE)

layers: install-dev
	.venv/bin/lint-imports

templates-check: install-dev
	$(RUN) -m djlint templates --lint --profile=django --ignore=D018 --quiet

migrations-check: install-dev
	$(WITH_SERVERS) $(RUN) manage.py makemigrations --check --dry-run
	ENV_FILE= ENVIRONMENT=test $(RUN) manage.py freeze_sql --check

deploy-check: install-dev
	ENV_FILE=deploy/checks.env ENVIRONMENT=production $(RUN) manage.py check --deploy --fail-level WARNING

schema-check: install-dev
	ENV_FILE= ENVIRONMENT=test $(RUN) manage.py spectacular --validate --fail-on-warn --file /dev/null

docs-check: install-dev
	$(DOCS) --site-dir var/docs-check --quiet

docs: install-dev ## The handbook as pages, into var/docs
	$(DOCS)

audit: install-dev ## Known vulnerabilities of all that is locked; it needs the network
	@for lock in requirements*.lock; do echo "$$lock:"; \
	.venv/bin/pip-audit --requirement $$lock --require-hashes --disable-pip --strict --progress-spinner off \
	|| exit 1; done

sbom: ## What a running site is made of, as CycloneDX JSON, in var/sbom.json
	@mkdir -p var
	@$(PYTHON) -m venv var/sbom
	@var/sbom/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-sbom.lock
	var/sbom/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml \
	--output-reproducible --of JSON --output-file var/sbom.json

format: install-dev ## Format the code
	$(RUN) -m ruff format $(CODE)
	$(RUN) -m ruff check --fix $(CODE)

test: install-dev ## All tests but the browser's; ARGS="-k name" narrows them
	$(RUN) -m pytest -n 4 --dist worksteal -m "not browser" $(ARGS)

contract: install-dev ## The API against its OpenAPI document, with many requests
	CONTRACT_EXAMPLES=100 $(RUN) -m pytest -n 2 tests/contract $(ARGS)

test-browser: install-dev ## The browser's tests; they need Chromium
	@command -v chromium || command -v chromium-browser || command -v google-chrome || { \
	echo "agentsite: these tests need Chromium: apt install chromium"; exit 1; }
	$(RUN) -m pytest -n 2 --dist worksteal -m browser tests/browser $(ARGS)

screenshots: install-dev ## Pictures of a demo site, into screenshots/ and the README; ARGS="usage" takes one
	$(RUN) -m tests.browser.screenshots $(ARGS)

bench: install-dev ## The benchmarks; ARGS="stream money" runs these two
	$(RUN) -m bench $(ARGS)

chaos: install-dev ## Ten minutes of kills under load; ARGS="--seconds 60 --seed 5" changes them
	$(RUN) -m bench.chaos $(ARGS)

topology: install-dev ## Ten minutes of upgrades and kills behind nginx; ARGS as for chaos
	$(RUN) -m bench.topology $(ARGS)

soak: install-dev ## Half an hour of a mixed day behind nginx: does anything grow? ARGS="--minutes 5"
	$(RUN) -m bench.soak $(ARGS)

load: install-dev ## The mixed day at a site of yours; docs/performance.md says what it needs
	$(RUN) -m locust -f bench/load/locustfile.py $(ARGS)

lock: ## Resolve the dependencies of pyproject.toml anew (needs uv)
	@command -v uv >/dev/null || { echo "agentsite: needs uv: pip install uv"; exit 1; }
	$(COMPILE) $(ARGS) pyproject.toml -o requirements.lock
	$(COMPILE) $(ARGS) --group embedded -c requirements.lock -o requirements-embedded.lock
	$(COMPILE) $(ARGS) --extra tracing -c requirements.lock pyproject.toml -o requirements-tracing.lock
	$(COMPILE) $(ARGS) --group dev -c requirements-tracing.lock -o requirements-dev.lock
	$(COMPILE) $(ARGS) --group sbom -o requirements-sbom.lock
