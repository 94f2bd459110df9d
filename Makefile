# The two commands that everybody needs: `make run` and `make test`. `make help` lists the others.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:

PORT ?= 8000
WORKERS ?= 4
TEST_WORKERS ?= 2
SLOW_TEST_WORKERS ?= 3

BIN := .venv/bin
PYTHON_BIN := $(BIN)/python
MANAGE := $(PYTHON_BIN) manage.py
PIP := $(PYTHON_BIN) -m pip install --quiet --disable-pip-version-check
NODE = $$($(PYTHON_BIN) -m tests.support.node)
BIOME := node_modules/@biomejs/biome/bin/biome
LOGIN_ADDRESS := http://127.0.0.1:$(PORT)

# What checks and tests must not take from a .env on this machine. print-keys makes new keys each time.
TEST_ENV = env ENV_FILE=/dev/null $$($(PYTHON_BIN) -m inspera_deliver.make_env --print-keys) DATABASE_URL=sqlite://:memory:
# An installation as it should be in production, for `manage.py check --deploy`.
PRODUCTION_ENV = $(TEST_ENV) DEBUG=False DEMONSTRATION=False PLAIN_HTTP=False BEHIND_PROXY=True \
	ALLOWED_HOSTS=exams.example.org CSRF_TRUSTED_ORIGINS=https://exams.example.org LOGIN_ADDRESS=https://exams.example.org
POSTGRES := $(PYTHON_BIN) -m tests.support.postgres --
# What a test run starts, workers of pytest, servers and commands, would compile everything anew each time.
unexport PYTHONDONTWRITEBYTECODE
# Playwright's driver runs an event loop in the thread of the test, where Django would refuse to touch the database.
PYTEST := env DJANGO_ALLOW_ASYNC_UNSAFE=true $(PYTHON_BIN) -m pytest
# Each worker goes through tests in their order, so that what a module shares is made once, and takes over from others at the end.
WORKERS_OF_TESTS = -n $(TEST_WORKERS) --dist worksteal
# Slow tests wait some of their time, for a pause of a page or a server: three share two cores.
WORKERS_OF_SLOW_TESTS = -n $(SLOW_TEST_WORKERS) --dist worksteal
# What each set took, for `make durations`.
TIMED = -o junit_duration_report=total --junit-xml=test-results
FAST = not slow and not axe and (story or not browser)

.PHONY: help run demo-sso demo-rosters test test-all test-scripts test-slow coverage search mutation durations bench bench-scale storm lint format types migrations deploy-check test-sqlite test-postgres browser nginx \
	node-packages audit install install-dev clean

help: ## List what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  Settings: PORT=8000 and WORKERS=4 (make run, make demo-sso, make demo-rosters), TEST_WORKERS=2 (make test), SLOW_TEST_WORKERS=3 (make test-slow), for example: PORT=8123 make run"

# --- Running -----------------------------------------------------------------------------------------------------

run: export LOGIN_ADDRESS := $(LOGIN_ADDRESS)
run: export PORT := $(PORT)
run: install ## Serve the demonstration on http://127.0.0.1:8000 (another port: PORT=8123 make run)
	@$(PYTHON_BIN) -m inspera_deliver.make_env
	@umask 077 && $(MANAGE) migrate --verbosity 0
	@$(MANAGE) collectstatic --noinput --verbosity 0
	@umask 077 && $(MANAGE) load_demo
	@echo
	@echo "  Address    $(LOGIN_ADDRESS)"
	@echo "  Accounts   planner, colleague, invigilator, grader, administrator"
	@echo "  Password   $$(cat .demo-password)   (the same for all of them; kept in .demo-password)"
	@echo "  Stop       Ctrl-C"
	@echo
	@umask 077 && exec $(PYTHON_BIN) -m inspera_deliver.side_by_side \
		$(BIN)/gunicorn inspera_deliver.wsgi --bind 127.0.0.1:$(PORT) --workers $(WORKERS) \
		--worker-class inspera_deliver.serving.Worker --logger-class inspera_deliver.serving.Logger --threads 8 --keep-alive 75 --limit-request-line 8190 --no-control-socket \
		-- $(MANAGE) run_worker

# Settings of the environment go before those of a .env, so that .env stays as it is.
demo-sso: export PORT := $(PORT)
demo-sso: install node-packages ## Serve the demonstration with two OpenID providers to log in through (needs Node.js or install-dev)
	@$(PYTHON_BIN) -m tests.support.demo_sso -- $(MAKE) --no-print-directory run

demo-rosters: export PORT := $(PORT)
demo-rosters: install-dev node-packages ## The same beside a Ladok and an FS whose exams change while one looks
	@$(PYTHON_BIN) -m tests.support.demo_rosters -- $(MAKE) --no-print-directory demo-sso

# --- Checking ----------------------------------------------------------------------------------------------------

test: install-dev browser nginx node-packages lint types migrations deploy-check test-scripts test-sqlite test-postgres ## Run every check and all tests but the slow ones, on SQLite and on PostgreSQL
	@echo "All checks and tests passed, on SQLite and on PostgreSQL. The slow ones, most of those in the browser, and what pages ask of PostgreSQL: make test-slow."

test-all: test test-slow ## The same, and the slow tests

lint: install-dev node-packages ## Check style and format, and that imports go down the floors only
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo --no-cache
	$(NODE) $(BIOME) ci

format: install-dev node-packages ## Bring style and format in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(NODE) $(BIOME) check --write

types: install-dev ## Check types
	$(BIN)/mypy

migrations: install-dev ## Check that the migrations match the models
	$(PRODUCTION_ENV) $(MANAGE) makemigrations --check --dry-run

deploy-check: install-dev ## Check the settings of a production installation
	$(PRODUCTION_ENV) $(MANAGE) check --deploy --fail-level WARNING

# One way only: pytest does not run them.
test-scripts: install-dev ## Run the tests of the scripts' modules, without a browser
	$(NODE) --test --test-reporter=dot "tests/scripts/*.test.js"

test-sqlite: install-dev browser nginx node-packages
	@echo "Tests on SQLite"
	@env -u DATABASE_URL $(PYTEST) $(WORKERS_OF_TESTS) $(TIMED)/fast-sqlite.xml -m "$(FAST)"

test-postgres: install-dev browser node-packages
	@echo "Tests on PostgreSQL"
	@$(POSTGRES) $(PYTEST) $(WORKERS_OF_TESTS) $(TIMED)/fast-postgresql.xml -m "not slow and not browser and not pages"

test-slow: install-dev browser nginx node-packages ## Run the slow tests, all in the browser, axe on every page, and what pages ask of PostgreSQL
	@echo "Slow tests on SQLite, axe on every page, and the browser"
	@env -u DATABASE_URL $(PYTEST) $(WORKERS_OF_SLOW_TESTS) $(TIMED)/slow-sqlite.xml -m "slow or axe or (browser and not story)"
	@echo "Slow tests on PostgreSQL, what pages ask of it, and a story in the browser"
	@$(POSTGRES) $(PYTEST) $(WORKERS_OF_SLOW_TESTS) $(TIMED)/slow-postgresql.xml -m "(slow or story or pages) and not axe"

coverage: install-dev browser nginx node-packages ## Show which lines and branches the fast tests run on both databases, and fail where rooms that guard exams have gaps
	@env -u DATABASE_URL $(PYTEST) $(WORKERS_OF_TESTS) -m "$(FAST)" --cov --cov-report=
	@$(POSTGRES) $(PYTEST) $(WORKERS_OF_TESTS) -m "not slow and not browser and not pages" --cov --cov-append --cov-report=term
	@$(PYTHON_BIN) -m tests.support.covered

search: install-dev ## Try the tests of properties with examples that no run tried before (minutes; again and again finds more)
	@env -u DATABASE_URL HYPOTHESIS_PROFILE=search $(PYTEST) $(WORKERS_OF_TESTS) -m "hypothesis and not browser"

mutation: install-dev ## Change access, time, the door and confirming one by one, lose each audit row, and say which change no test notices (hours)
	@env -u DATABASE_URL $(PYTEST) -o addopts= -q tests/mutation
	@env -u DATABASE_URL nice -n 19 $(BIN)/mutmut run --max-children 1
	@$(BIN)/mutmut results

durations: ## Write into docs/benchmarks.md which tests took longest in the last run of each set
	@$(PYTHON_BIN) -m tests.support.durations

bench: install-dev ## Measure, on both databases, side by side with the limits
	@echo "Benchmarks on SQLite"
	@env -u DATABASE_URL $(PYTEST) -o addopts= -q -s --ignore=tests/benchmarks/test_bench_scale.py tests/benchmarks
	@echo "Benchmarks on PostgreSQL"
	@$(POSTGRES) $(PYTEST) -o addopts= -q -s --ignore=tests/benchmarks/test_bench_scale.py tests/benchmarks

bench-scale: install-dev ## Measure pages among 2,000,000 candidates on 5,000 tests, on PostgreSQL (a quarter of an hour, 7 GB of disk)
	@$(POSTGRES) $(PYTEST) -o addopts= -q -s --show-capture=no tests/benchmarks/test_bench_scale.py

storm: install-dev ## Let 1500 candidates log in, start, save and submit at once, on both databases (CANDIDATES=1500 CONNECTIONS=300)
	@env -u DATABASE_URL $(PYTHON_BIN) -m tests.storm
	@$(PYTHON_BIN) -m tests.support.postgres --durable -- $(PYTHON_BIN) -m tests.storm

audit: install-dev ## Look up known weaknesses of the pinned packages, where their data can be reached
	@$(PYTHON_BIN) -m tests.support.audit

# Without one the tests of the proxy are left out, and this says so.
nginx: install-dev
	@$(PYTHON_BIN) -m tests.support.nginx --install

browser: install-dev
	@$(PYTHON_BIN) -m tests.support.browser --install

# npm writes its own list last: an installation that failed half-way has none, and is made again.
node-packages: node_modules/.package-lock.json
node_modules/.package-lock.json: package.json package-lock.json | install
	@echo "Installing what package.json names for tests and checks (a few seconds at most machines, the first time)"
	@$(PYTHON_BIN) -m tests.support.node --install
	@touch $@

# --- Installing --------------------------------------------------------------------------------------------------

install: .venv/.installed
install-dev: .venv/.installed-dev

# Takes the first Python that is new enough; `make run PYTHON=/path/to/python3.12` names another one.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$python; break; }; done)

# pip comes last into a virtual environment: one that failed half-way has none, and is made again.
.venv/bin/pip:
	@test -n "$(PYTHON)" || { echo "This software needs Python 3.11 or newer, and $$(python3 --version 2>&1 || echo 'no Python') is what this machine offers as python3. Install Python 3.11, 3.12 or 3.13, or name one: make run PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "This software needs Python 3.11 or newer; $(PYTHON) is older or does not start." >&2; exit 1; }
	@echo "Making the virtual environment .venv"
	@$(PYTHON) -m venv --clear .venv || { echo "The virtual environment could not be made. On Debian and Ubuntu it needs the package python3-venv: install it, and run this again." >&2; exit 1; }

.venv/.installed: requirements.txt | .venv/bin/pip
	@echo "Installing requirements.txt (half a minute at most machines, the first time)"
	@$(PIP) --requirement requirements.txt
	@touch $@

.venv/.installed-dev: requirements.txt requirements-dev.txt | .venv/bin/pip
	@echo "Installing requirements-dev.txt (a minute at most machines, the first time)"
	@$(PIP) --requirement requirements-dev.txt
	@touch $@

clean: ## Remove what can be made again (not .env, the database or .demo-password)
	rm -rf .venv staticfiles node_modules .hypothesis .mypy_cache .pytest_cache .ruff_cache test-results mutants
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
