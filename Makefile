# The targets are: run · test · check · bench · fuzz · scan · audit · format · messages · compressed. Each makes what it needs.

PORT ?= 8000
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
MESSAGES := $(wildcard marchapp/translations/*/LC_MESSAGES/messages.po)
COMPILED := $(MESSAGES:.po=.mo)
FLASK := $(BIN)/flask --app wsgi

.PHONY: run test check bench fuzz scan audit venv dev-venv translations format messages compressed

run: venv translations
	@exec $(FLASK) serve --port "$(PORT)"

test: dev-venv translations
	@$(BIN)/pytest $(or $(TESTS),-n auto --dist worksteal)

check: dev-venv translations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml marchapp wsgi.py gunicorn.conf.py
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/python -m tools.check_translations
	env -u TEST_DATABASE_URL $(BIN)/pytest -q tests/test_architecture.py

bench: venv translations
	$(BIN)/python -m bench

# Random and damaged input for so many seconds a harness; each prints a JSON line, what broke is in instance/fuzz.
SECONDS ?= 60
fuzz: dev-venv translations
	@FUZZ_SECONDS=$(SECONDS) $(BIN)/pytest -q -s -p no:cacheprovider tests/fuzzing

# wapiti before the demo, as a participant, a guide and a coordinator. It wants other versions than we, so it has a
# place of its own: some 200 MB.
scan: dev-venv translations .venv-scan/ready
	$(BIN)/python -m tools.scan

.venv-scan/ready:
	@test -x .venv-scan/bin/python || $(PYTHON) -m venv .venv-scan
	@.venv-scan/bin/python -m pip install --quiet --disable-pip-version-check wapiti3==3.2.3
	@touch $@

# Every page in three languages, light and dark: axe, weight, zoom, reduced motion; then Lighthouse, which wants
# Node and some 190 MB of its own. PAGES=--pages leaves Lighthouse out.
audit: dev-venv translations $(if $(PAGES),,.node-audit/ready)
	@$(BIN)/python -m tools.audit $(PAGES)

.node-audit/ready:
	@command -v npm >/dev/null || { echo "npm is needed for Lighthouse: apt install npm, or make audit PAGES=--pages"; exit 1; }
	@mkdir -p .node-audit
	@npm install --silent --no-audit --no-fund --no-save --prefix .node-audit lighthouse@12.8.2
	@touch $@

format: dev-venv
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Collect the texts of the program into the three languages; then translate what is new.
messages: dev-venv
	$(BIN)/pybabel -q extract -F babel.cfg -k _l -c Translators: --no-location --sort-output --project march -o .messages.pot .
	$(BIN)/pybabel -q update -N -i .messages.pot -d marchapp/translations --no-wrap --ignore-obsolete
	@rm .messages.pot

# Static files once more, as brotli and gzip, for a server that many come to.
compressed: venv
	$(BIN)/python -m whitenoise.compress --quiet static

venv: .venv/run-time

dev-venv: .venv/development

translations: $(COMPILED)

.venv/run-time: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found. Install it, or name it: make run PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing what the program runs on (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/development: .venv/run-time requirements-dev.txt
	@echo "Installing the tools of checks and tests (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

%.mo: %.po | .venv/run-time
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
