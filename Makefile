# Two commands do all the set-up: `make demo` and `make test`.
.DEFAULT_GOAL := help
.PHONY: help install demo test faults golden release-dump screenshots bench bench-pages bench-memory lint lint-mail format migrate lock servers clean

BIN := .venv/bin
export PYTHONPATH := include:.
# Most tests wait for servers: three processes keep two cores busy. tests/conftest.py says what stays together.
SIDE_BY_SIDE := --numprocesses=3 --dist=loadfile --no-loadscope-reorder --ignore=tests/browser

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: .venv/installed ## make the virtual environment in .venv

.venv/installed: requirements.lock requirements-dev.lock sandbox/install.sh
	@sh sandbox/install.sh
	@touch $@

demo: .venv/installed ## a university in a box until Ctrl-C; ONCE=1: until every booking has its status; PORT=…: of the UI
	@$(BIN)/python -m sandbox.demo $(if $(ONCE),--once)

test: .venv/installed servers ## all tests, against real servers; ARGS=tests/unit/…: some of them, in one process
	$(BIN)/python -m pytest $(or $(ARGS),$(SIDE_BY_SIDE))
	$(if $(ARGS),,$(BIN)/python -m pytest tests/browser) # alone: a browser and an Airflow need both cores

faults: .venv/installed servers ## break everything on purpose, then count: SECONDS=600 SEED=…
	@$(BIN)/python -m tests.faults --seconds $(or $(SECONDS),600) $(if $(SEED),--seed $(SEED))

servers: ## install the mail servers that the tests use, where that is allowed
	@sh sandbox/servers.sh

golden: .venv/installed ## write tests/data/golden again after a change of the mails; then read `git diff`
	REWRITE_GOLDEN=1 $(BIN)/python -m pytest -q tests/unit/test_golden_mails.py

release-dump: .venv/installed ## keep the database of this release in tests/data/releases; once, before it is released
	$(BIN)/python -m tests.release_world

screenshots: .venv/installed ## every view as a picture in screenshots/, and those of the documents in docs/images
	SCREENSHOTS=screenshots $(BIN)/python -m pytest -q tests/browser/test_journey.py tests/browser/test_views.py
	cp screenshots/overview.png screenshots/invitation.png docs/images/

bench: .venv/installed ## what a mail costs in CPU time, beside what it may cost
	@$(BIN)/python -m benchmarks $(ARGS)

bench-pages: .venv/installed ## how long the pages take with 500 rooms and 200,000 invitations
	@$(BIN)/python -m benchmarks.pages

bench-memory: .venv/installed ## what a task needs of memory with a large backlog, beside what it may need; a quarter of an hour
	@$(BIN)/python -m benchmarks.memory $(ARGS)

lint: .venv/installed ## ruff, mypy, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

lint-mail: .venv/installed ## check calendar mails against the rules of the wire: FILES="a.eml b.eml"
	@$(BIN)/python -m sandbox.lint_mail $(FILES)

format: .venv/installed ## let ruff format and fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migrate: .venv/installed ## bring the database of the Airflow connection raumpost_db to the newest revision
	@$(BIN)/python -m raumpost migrate

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --generate-hashes

lock: .venv/installed ## write both lock files again from the requirements; each package is in one of them
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) --upgrade requirements.txt --output-file requirements.lock
	$(COMPILE) --upgrade requirements-dev.txt --constraint requirements.lock --output-file requirements-dev.lock \
		$$(sed -n 's/^\([a-z0-9._-]*\)==.*/--no-emit-package \1/p' requirements.lock)

clean: ## remove the virtual environment and all caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
