# Two commands matter: `make run` and `make test`. `make help` prints them all.
SHELL  := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
PY     := .venv/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check --no-input
# Opt in to PyTorch's own wheel index (a CPU build is far smaller): make run TORCH_INDEX="--index-url …"
TORCH_INDEX ?=
# Python keeps what it compiled, also where the environment says not to: lanes and the processes they start read it again.
PYTEST := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 HF_HUB_OFFLINE=1 RAY_USAGE_STATS_ENABLED=0 RAY_AUTH_MODE=disabled \
          GRADIO_ANALYTICS_ENABLED=False $(PY) -m pytest

.DEFAULT_GOAL := help
.PHONY: help run test check check-deploy images check-images fix test-fast test-serial test-faults test-security test-browser test-long doctor migrate openapi settings lock figures compare screenshots soak clean

##@ Everyday

run: .venv/ready ## Install what is missing, then start the studio and say how to sign in
	@.venv/bin/atelier up $(ARGS)

test: check test-fast test-serial test-faults test-security test-browser ## Everything: lint, types, layers, then every test

.NOTPARALLEL:

doctor: .venv/ready ## Say in plain words what is wrong with this machine
	@.venv/bin/atelier doctor

##@ While you build

check: .venv/ready-test ## Lint, format, types, import layers (seconds)
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo | tail -n 3

check-deploy: .venv/ready-deploy ## Manifests, Dockerfiles and Terraform against their schemas and our rules, without a cluster
	@$(PYTEST) -q -n 2 --dist loadfile -m deploy $(ARGS) tests/deploy

# Words for the builder after `--`: make images BASE=… ARGS='inference -- --volume …'
images: .venv/ready-deploy ## Build the images into build/images, each with its bill of materials (BASE=…@sha256:… names the base)
	@$(PY) -m containers.build --base '$(BASE)' $(if $(TORCH_INDEX),--torch-index='$(TORCH_INDEX)') $(ARGS)

check-images: .venv/ready-deploy ## What `make images` built: what is in it, and that it runs as nobody with a root that cannot be written (as root; needs crun)
	@$(PYTEST) -q -m images $(ARGS) tests/deploy/images

fix: .venv/ready-test ## Let ruff mend what it can
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .

test-fast: .venv/ready-test ## The tests that share the machine, three at a time: each waits a fifth of its time
	@$(PYTEST) -q -n 3 --dist worksteal -m "not serial and not heavy and not long and not faults and not security and not deploy and not images" $(ARGS)

# A lane of two halves runs both, whatever becomes of the first.
# Ray never beside another: two on one machine get in each other's way.
test-serial: .venv/ready-test ## Whole processes and the bundled model, two at a time; then Ray and what measures seconds, alone
	@$(PYTEST) -q -n 2 --dist loadfile -m "heavy and not ray" $(ARGS) tests/backend tests/conformance tests/inference tests/journeys tests/loadtests tests/test_cli.py; first=$$?; \
	 $(PYTEST) -q -m "serial and not long and not browser and not faults and not security or heavy and ray" $(ARGS) tests/backend tests/conformance tests/inference tests/journeys tests/loadtests && exit $$first

test-faults: .venv/ready-test ## Kill, fill, slow down and flood on purpose, and count what was lost
	@$(PYTEST) -q -n 3 --dist worksteal -m "faults and not serial" $(ARGS) tests/faults; first=$$?; \
	 $(PYTEST) -q -m "faults and serial and not long" $(ARGS) tests/faults && exit $$first

test-security: .venv/ready-test ## Attack every door: hostile uploads, a fuzzed API, stored scripts
	@$(PYTEST) -q -n 2 --dist loadfile -m security $(ARGS) tests/backend/app tests/backend/uploads tests/backend/verify tests/browser

# All pages take some forty minutes of a slow machine, which is more than CI has: it takes these, `make test` by itself takes all.
PAGES ?=
CORE_PAGES := -k "test_journey or test_five_journeys or test_pages or test_axe or test_cross_user or test_held_everywhere or test_every_page_as_each_role or test_review or test_policy_page or test_emergency or test_verify_page or test_share_link or test_origin or test_sign_in or test_stopped_models or test_words_refused"

# Processes of their own: Playwright keeps an event loop running in them, beside which no other can run.
test-browser: .venv/ready-test ## The pages in two Chromiums
	@$(PYTEST) -q $(PAGES) -n 2 --dist worksteal -m "browser and not security and not ray" $(ARGS) tests/browser; first=$$?; \
	 $(PYTEST) -q -m "browser and ray" $(ARGS) tests/browser && exit $$first

test-long: .venv/ready-test ## Beside `make test`: 500 sequences of the queue's verbs on each database, trials of 100,000 images, machines of a Ray lost (20 minutes)
	@$(PYTEST) -q -n 2 -m long $(ARGS) tests/conformance
	@$(PYTEST) -q -m long $(ARGS) tests/backend tests/faults

openapi: .venv/ready-test ## Write docs/openapi.json anew
	@$(PY) -m backend.cli openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json

settings: .venv/ready-test ## Write docs/settings.md anew
	@$(PY) -m backend.cli settings > docs/settings.md.new && mv docs/settings.md.new docs/settings.md

migrate: .venv/ready ## Bring the database to the newest schema
	@.venv/bin/atelier migrate

figures: .venv/ready-test ## Measure the bundled model and the running studio again (about 20 minutes)
	@$(PY) -m inference.minimodel evaluate
	@$(PY) -m loadtests.first_light

compare: .venv/ready-test ## Measure the engine beside the study's servers (about 15 minutes)
	@$(PY) -m loadtests.compare --quick $(ARGS)

screenshots: .venv/ready-test ## Photograph every page of a furnished studio into docs/screens (some minutes)
	@$(PY) -m tests.browser.take_screens
	@$(PY) -m tests.browser.take_vote_screen

soak: .venv/ready-test ## Load both databases for half an hour while processes and PostgreSQL are killed
	@$(PY) -m loadtests.soak --minutes 30 $(ARGS)

##@ Seldom

lock: ## Resolve every dependency anew and write constraints.txt
	@set -e; d=$$(mktemp -d); trap 'rm -rf "$$d"' EXIT; $(PYTHON) -m venv "$$d/venv"; \
	 "$$d/venv/bin/pip" install -q $(TORCH_INDEX) 'torch==2.13.0'; \
	 "$$d/venv/bin/pip" install -q -e '.[inference,test,deploy]'; \
	 { echo '# The exact set that was tested. Made by `make lock`; read by `make`.'; \
	   "$$d/venv/bin/pip" freeze --exclude-editable | grep -v '^#' | sed -E 's/^(torch==[0-9.]+)\+.*/\1/' | sort -f; } > constraints.txt

clean: ## Remove the virtual environment and every cache; keeps var/
	@rm -rf .venv tests/fixtures/panva/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache atelier.egg-info

help: ## Print this
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# One environment; the second stamp adds what only tests and lint need.
.venv/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"Atelier needs Python 3.11 or newer; this is {v.major}.{v.minor}. Try: make $(MAKECMDGOALS) PYTHON=python3.11")'
	@echo "· creating .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv && touch $@

.venv/ready: .venv/python pyproject.toml constraints.txt
	@echo "· installing the studio and its model runtime (some minutes the first time)"
	@$(PIP) install -q --no-deps $(TORCH_INDEX) -c constraints.txt torch
	@$(PIP) install -q -c constraints.txt -e '.[inference]'
	@touch $@

.venv/ready-test: .venv/ready | .venv/ready-npm
	@echo "· installing what the tests need"
	@$(PIP) install -q -c constraints.txt -e '.[inference,test]'
	@touch $@

.venv/ready-deploy: .venv/ready-test
	@echo "· installing what reads manifests"
	@$(PIP) install -q -c constraints.txt -e '.[inference,test,deploy]'
	@touch $@

# An identity provider that pip cannot bring. Without it its tests are skipped, and fail in CI.
.venv/ready-npm: .venv/python tests/fixtures/panva/package-lock.json
	@if ! command -v npm >/dev/null; then echo "· no npm here: signing in with a second provider goes untested"; \
	 elif npm ci --silent --prefix tests/fixtures/panva; then touch $@; \
	 else echo "· npm cannot install here: signing in with a second provider goes untested"; fi
