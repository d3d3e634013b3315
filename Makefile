# Every target creates what it needs; stamps in .venv make the second time quick.
# `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Apart: what records Django and sqlite3 would double the spans of whatever is run with otel-nplusone.
CORPUS := var/corpus-venv
# Apart again: nplus1, which watches the corpus's programs, has taken the name `nplusone`.
RIVALS := var/rivals-venv
MUTANTS := var/mutants-venv
# Applications that nobody here has written, an environment for each.
PROGRAMS := ihatemoney oscar
DIST ?= dist
UV := $(BIN)/uv
SOURCES := service nplusone tracestore incident harness exercise locustfiles dashboards tests bench tools
ACTIONLINT_VERSION := v1.7.12
UV_COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock"

ON_ALL_CORES := --numprocesses auto --dist loadfile
# What needs nothing but Python.
HERE := not browser and not stack and not postgres and not jaeger and not fuzz and not grafana \
	and not distribution and not programs and not exercise

# Where it is set, each of the hundreds of processes that tests start compiles its libraries anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
STRATEGY ?= core
# The clinic's flags, of the stack in containers and of the one without.
FLAGS_FOLDER ?= var/flags
# All of the stack in containers, or only these and what they need: make up SERVICES=locust-worker
SERVICES ?=
TARGET ?= local
BACKEND ?= tracestore
CLINIC_PORT ?= 8000
LOCUST_PORT ?= 8089

.PHONY: help demo replay exercise exercise-check exercise-hint test-exercise serve up down logs load fix traces doctor reconcile test test-commands test-postgres test-sqlalchemy20 test-sqlalchemy14 test-browser test-stack test-jaeger test-fuzz test-notebook schema pictures notebook corpus rivals test-detector bench bench-stack dashboards lint format lock clean reset test-grafana lint-workflows test-distribution test-programs docs dist mutants coverage

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## the incident and its fix, end to end, on this machine
	@$(BIN)/incident demo --target $(TARGET) --backend $(BACKEND) $(DEMO_ARGS)

replay: $(VENV)/.runtime ## the whole morning, shown live on http://127.0.0.1:8088, with a post-mortem
	@$(BIN)/incident replay --target $(TARGET) --backend $(BACKEND) $(REPLAY_ARGS)

exercise: $(VENV)/.runtime ## find and repair a drawn fault: make exercise SEED=3; ANSWER=new begins another answer
	@$(BIN)/exercise start $(if $(SEED),--seed $(SEED)) $(if $(LESSON),--lesson "$(LESSON)") \
		$(if $(filter new,$(ANSWER)),--new-answer) $(EXERCISE_ARGS)

exercise-check: $(VENV)/.runtime ## grade exercise/answer.py
	@$(BIN)/exercise check

exercise-hint: $(VENV)/.runtime ## one of three hints, for points
	@$(BIN)/exercise hint

serve: $(VENV)/.runtime ## the clinic alone, on http://127.0.0.1:8000 (CLINIC_PORT)
	@$(BIN)/clinic seed --if-missing
	@CLINIC_BIND=$${CLINIC_BIND:-127.0.0.1:$(CLINIC_PORT)} exec $(BIN)/clinic serve

up: ## the stack in containers: build, start, wait until healthy
	@command -v docker >/dev/null || { echo "make up: docker not found: install Docker with Compose 2, or use make demo" >&2; exit 2; }
	@docker compose up --build --detach --wait $(SERVICES) || \
		{ docker compose logs --no-color --no-log-prefix prepare >&2 2>/dev/null; exit 1; }
	@docker compose ps --format '{{.Service}} {{range .Publishers}}{{if .PublishedPort}}http://{{.URL}}:{{.PublishedPort}} {{end}}{{end}}' | \
		awk '{ for (i = 2; i <= NF; i++) printf "  %-16s %s\n", $$1, $$i }'

down: ## remove the stack in containers, with its data
	@docker compose down --volumes

logs: ## what the stack in containers says
	@docker compose logs --follow --tail 50

load: $(VENV)/.runtime ## Locust's web UI on http://127.0.0.1:8089, aimed at the running clinic
	@exec $(BIN)/locust -f locustfiles/success_stories.py --host http://127.0.0.1:$(CLINIC_PORT) \
		--web-host 127.0.0.1 --web-port $(LOCUST_PORT) $(LOCUST_ARGS)

fix: $(VENV)/.runtime ## flip the flag of the running clinic: make fix STRATEGY=core
	@$(BIN)/incident fix --strategy $(STRATEGY) --flags-file "$(FLAGS_FOLDER)/flags.json"

traces: $(VENV)/.runtime ## open the traces of the last demo or replay again, on http://127.0.0.1:16686
	@$(BIN)/incident traces $(TRACES_ARGS)

doctor: $(VENV)/.runtime ## check every part of the running stack; TARGET=compose for the containers
	@$(BIN)/incident doctor --target $(TARGET) $(DOCTOR_ARGS)

reconcile: $(VENV)/.runtime ## compare the counts of service, spans and database; TARGET=compose for the containers
	@$(BIN)/incident reconcile --target $(TARGET)

test: $(VENV)/.dev ## unit and integration tests, on all cores
	@$(BIN)/pytest $(ON_ALL_CORES) -m "$(HERE) and not commands" $(PYTEST_ARGS)

test-commands: $(VENV)/.dev ## whole commands: servers under otel-nplusone run, and the replay
	@$(BIN)/pytest $(ON_ALL_CORES) -m commands $(PYTEST_ARGS)

test-sqlalchemy20: var/sqlalchemy20/.ready ## both on SQLAlchemy 2.0, in an environment of its own
	@var/sqlalchemy20/bin/pytest $(ON_ALL_CORES) -m "$(HERE)" $(PYTEST_ARGS)

test-sqlalchemy14: var/sqlalchemy14/.ready ## the detector's live parts on SQLAlchemy 1.4
	@var/sqlalchemy14/bin/pytest nplusone/tests/test_sqlalchemy_lines.py $(PYTEST_ARGS)

test-postgres: $(VENV)/.dev ## the clinic's tests on a real PostgreSQL, started for them
	@$(BIN)/pytest --database postgresql -m "not browser and not stack and not fuzz" tests/clinic tests/tools tests/incident/reconcile tests/nplusone/test_drivers.py $(PYTEST_ARGS)

test-browser: $(VENV)/.dev ## the pages in Debian's Chromium; screenshots in var/screenshots
	@$(BIN)/pytest -m browser $(PYTEST_ARGS)

test-stack: $(VENV)/.dev ## the compose stack itself: incident, fix, outages; needs Docker
	@$(BIN)/pytest -m stack tests/stack $(PYTEST_ARGS)

test-grafana: $(VENV)/.dev ## every dashboard in Chromium, and an exemplar opened; needs Docker and Grafana's image
	@$(BIN)/pytest -m grafana tests/stack $(PYTEST_ARGS)

test-jaeger: $(VENV)/.dev ## tracestore and the detector against a real Jaeger (JAEGER_BIN, or what .ci/stack/binaries built)
	@JAEGER_BIN=$${JAEGER_BIN:-$$(.ci/stack/binaries --where)/jaeger} $(BIN)/pytest -m jaeger tests/tracestore tests/nplusone $(PYTEST_ARGS)

test-distribution: $(VENV)/.dev ## otel-nplusone as strangers get it: wheel, sdist, pre-commit hook, action
	@$(BIN)/pytest -m distribution $(PYTEST_ARGS)

test-programs: $(VENV)/.dev $(PROGRAMS:%=var/programs/%/.ready) ## what the detector finds in other people's applications
	@$(BIN)/pytest -m programs $(PYTEST_ARGS)

test-fuzz: $(VENV)/.dev ## a hundred thousand mutated and random inputs
	@$(BIN)/pytest -m fuzz $(PYTEST_ARGS)

bench: $(VENV)/.dev ## the figures, into docs/benchmarks.md
	@$(BIN)/python -m bench $(BENCH_ARGS)

bench-stack: $(VENV)/.dev ## the compose stack's figures, into the same page; needs Docker
	@$(BIN)/python -m bench stack

dashboards: $(VENV)/.dev ## Grafana's dashboards, from code to dashboards/json
	@$(BIN)/python -m dashboards.build

schema: $(VENV)/.runtime ## draw docs/schema.svg from the models
	@$(BIN)/python -m tools.schema_picture > docs/schema.svg

pictures: $(VENV)/.dev ## docs/waterfall.png and docs/compare.png, from running parts; needs Chromium
	@$(BIN)/python -m tools.pictures

notebook: $(VENV)/.notebook ## JupyterLab with notebooks/: the team's test, and what it could not see
	@exec $(BIN)/jupyter lab --ip 127.0.0.1 notebooks/testing.ipynb

test-exercise: $(VENV)/.dev ## twenty exercises solved, and every wrong repair refused
	@$(BIN)/pytest -m exercise tests/exercise $(PYTEST_ARGS)

test-notebook: $(VENV)/.notebook ## run the notebooks from top to bottom
	@$(BIN)/jupyter nbconvert --log-level WARN --to markdown --execute --stdout notebooks/testing.ipynb
	@$(BIN)/jupyter nbconvert --log-level WARN --to html --execute --output-dir var notebooks/postmortem.ipynb

corpus: $(CORPUS)/.ready ## record the detector's labelled traces anew, from real programs
	@$(CORPUS)/bin/python -m nplusone.tests.corpus.record $(ONLY)

test-detector: $(VENV)/.dev ## precision and recall on the labelled traces, compared with other rules
	@$(BIN)/python -m nplusone.tests.corpus.score

rivals: $(RIVALS)/.ready ## ask other detectors what they say of the corpus; PERF_SENTINEL is the binary of one of them
	@$(BIN)/python -m nplusone.tests.corpus.rivals.record $(ONLY)

mutants: $(MUTANTS)/.ready ## change the code that decides, and count what the tests notice: make mutants MUTANTS_ARGS=store
	@$(MUTANTS)/bin/python tools/mutants.py $(MUTANTS_ARGS)

coverage: $(VENV)/.dev ## what the tests run, by branch; the report as pages in var/coverage
	@$(BIN)/pytest $(ON_ALL_CORES) -m "$(HERE)" --cov --cov-report term:skip-covered --cov-report html $(PYTEST_ARGS)

docs: $(VENV)/.docs ## the site in docs/, into var/site; warnings are errors
	@$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --fresh-env docs var/site
	@echo "var/site/index.html"

dist: $(VENV)/.uv ## wheel and sdist of otel-nplusone, into dist
	@$(UV) build --quiet --no-build-isolation --python $(BIN)/python --out-dir $(DIST) nplusone

lint: $(VENV)/.dev ## ruff, mypy, spelling, words, and the relative links of every Markdown file
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/codespell
	@$(BIN)/python tools/check_words.py
	@$(BIN)/python tools/check_links.py

lint-workflows: ## the workflows of .github, by actionlint; needs Go
	@go run github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION)

format: $(VENV)/.dev ## let ruff format and mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: $(VENV)/.uv ## pin requirements/*.in again, with hashes and without index addresses
	@$(UV_COMPILE) --output-file requirements/bootstrap.txt requirements/bootstrap.in
	@$(UV_COMPILE) --output-file requirements/runtime.txt requirements/runtime.in
	@$(UV_COMPILE) --output-file requirements/service.txt -c requirements/runtime.txt requirements/service.in
	@$(UV_COMPILE) --output-file requirements/load.txt -c requirements/runtime.txt requirements/load.in
	@$(UV_COMPILE) --output-file requirements/grpc.txt requirements/grpc.in
	@$(UV_COMPILE) --output-file requirements/dev.txt -c requirements/runtime.txt requirements/dev.in
	@$(UV_COMPILE) --output-file requirements/notebook.txt -c requirements/dev.txt requirements/notebook.in
	@$(UV_COMPILE) --output-file requirements/docs.txt -c requirements/dev.txt requirements/docs.in
	@$(UV_COMPILE) --output-file requirements/mutants.txt -c requirements/dev.txt requirements/mutants.in
	@$(UV_COMPILE) --output-file requirements/corpus.txt -c requirements/dev.txt requirements/corpus.in
	@$(UV_COMPILE) --output-file requirements/rivals.txt -c requirements/corpus.txt requirements/rivals.in
	@$(UV_COMPILE) --output-file requirements/sqlalchemy20.txt requirements/sqlalchemy20.in
	@$(UV_COMPILE) --output-file requirements/sqlalchemy14.txt requirements/sqlalchemy14.in
	@for program in $(PROGRAMS); do \
		$(UV_COMPILE) --output-file requirements/programs/$$program.txt requirements/programs/$$program.in || exit; done

clean: ## remove what was built
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

reset: ## remove what runs have recorded
	@find var -mindepth 1 ! -path var/.gitignore ! -path var/flags ! -path var/flags/.gitignore -delete

# --- the environment -----------------------------------------------------------------------

$(VENV)/.uv: requirements/bootstrap.txt
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) not found: install Python 3.11 or newer, or say make PYTHON=..." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is older than Python 3.11: say make PYTHON=python3.12 or the like" >&2; exit 2; }
	@echo "Installing into $(VENV), which takes a minute the first time." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml nplusone/pyproject.toml $(VENV)/.uv
	@echo "Installing what the clinic, its traces and its visitors need." >&2
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $<
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e ./nplusone -e .
	@touch $@

$(VENV)/.notebook: requirements/notebook.txt $(VENV)/.runtime
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $<
	@touch $@

$(VENV)/.docs: requirements/docs.txt $(VENV)/.dev
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $<
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "Installing what the tests need." >&2
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $<
	@touch $@

$(CORPUS)/.ready: requirements/corpus.txt pyproject.toml nplusone/pyproject.toml $(VENV)/.uv
	@$(UV) venv --quiet --clear --python $(BIN)/python $(CORPUS)
	@$(UV) pip install --quiet --python $(CORPUS)/bin/python --require-hashes -r $<
	@$(UV) pip install --quiet --python $(CORPUS)/bin/python --require-hashes -r requirements/bootstrap.txt
	@$(UV) pip install --quiet --python $(CORPUS)/bin/python --no-deps --no-build-isolation -e ./nplusone -e .
	@touch $@

$(RIVALS)/.ready: requirements/rivals.txt pyproject.toml nplusone/pyproject.toml $(VENV)/.dev
	@$(UV) venv --quiet --clear --python $(BIN)/python $(RIVALS)
	@for file in bootstrap rivals sqlalchemy20; do \
		$(UV) pip install --quiet --python $(RIVALS)/bin/python --require-hashes -r requirements/$$file.txt || exit; done
	@$(UV) pip install --quiet --python $(RIVALS)/bin/python --no-deps --no-build-isolation -e ./nplusone -e .
	@touch $@

$(MUTANTS)/.ready: requirements/mutants.txt pyproject.toml nplusone/pyproject.toml $(VENV)/.uv
	@$(UV) venv --quiet --clear --python $(BIN)/python $(MUTANTS)
	@for file in bootstrap mutants; do \
		$(UV) pip install --quiet --python $(MUTANTS)/bin/python --require-hashes -r requirements/$$file.txt || exit; done
	@$(UV) pip install --quiet --python $(MUTANTS)/bin/python --no-deps --no-build-isolation -e ./nplusone -e .
	@touch $@

# Another line of SQLAlchemy, over what the tests have else.
var/sqlalchemy%/.ready: requirements/sqlalchemy%.txt requirements/dev.txt pyproject.toml nplusone/pyproject.toml $(VENV)/.uv
	@$(UV) venv --quiet --clear --python $(BIN)/python $(@D)
	@for file in bootstrap dev sqlalchemy$*; do \
		$(UV) pip install --quiet --python $(@D)/bin/python --require-hashes -r requirements/$$file.txt || exit; done
	@$(UV) pip install --quiet --python $(@D)/bin/python --no-deps --no-build-isolation -e ./nplusone -e .
	@touch $@

var/programs/%/.ready: requirements/programs/%.txt pyproject.toml nplusone/pyproject.toml $(VENV)/.uv
	@$(UV) venv --quiet --clear --python $(BIN)/python $(@D)
	@for file in bootstrap programs/$*; do \
		$(UV) pip install --quiet --python $(@D)/bin/python --require-hashes -r requirements/$$file.txt || exit; done
	@$(UV) pip install --quiet --python $(@D)/bin/python --no-deps --no-build-isolation -e ./nplusone
	@touch $@
