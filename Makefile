# Fangyi 防疫指挥图. `make` alone lists what can be done.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

PORT ?= 8050
PYTHON ?= $(shell for p in python3.11 python3 python; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PY := .venv/bin/python
DRILL_STORE := var/drill.db
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# $(call quietly,LABEL,LOG,COMMAND): a dot for every five lines of output, the end of the log when the command fails.
quietly = mkdir -p var; printf '%s ' "$(1)"; \
	if { $(3); } </dev/null 2>&1 | tee var/$(2) | { n=0; while read -r _; do n=$$((n + 1)); [ $$((n % 5)) -ne 0 ] || printf .; done; }; \
	then echo ' done'; \
	else echo ' failed; the end of var/$(2):'; tail -n 25 var/$(2); exit 1; fi

apt = export DEBIAN_FRONTEND=noninteractive; apt-get -o Acquire::Retries=1 -o Acquire::http::Timeout=20 update \
	&& apt-get -o Acquire::Retries=1 install -y --no-install-recommends

# Shell function: prints those of the named Debian packages whose files are not on this machine.
missing = missing() { for package in "$$@"; do case $$package in \
	chromium) command -v chromium ;; \
	poppler-utils) command -v pdftotext ;; \
	fonts-noto-cjk) [ -n "$$(find /usr/share/fonts /usr/local/share/fonts ~/.fonts ~/.local/share/fonts -name 'NotoSansCJK*' -print -quit 2>/dev/null)" ] ;; \
	esac >/dev/null || printf '%s ' $$package; done; }

.PHONY: help
help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: .venv/runtime.stamp .venv/fonts.stamp $(DRILL_STORE) run  ## the drill city on http://127.0.0.1:8050, from nothing (PORT=8051 changes the address)

.PHONY: run
run: .venv/runtime.stamp  ## serve the store that is in var/
	@exec $(PY) -m dashboard serve --port $(PORT)

.PHONY: test
test: .venv/dev.stamp programs tests/node_modules/.stamp .venv/office.stamp .venv/postgis.stamp .venv/nginx.stamp check  ## everything that must hold: make check, then all tests
	@PYTHONDONTWRITEBYTECODE= $(PY) -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder  # tests/conftest.py says which files begin

.PHONY: check
check: .venv/dev.stamp  ## format, lint, types, walls between the rooms, dangerous constructs, packages that fit together; in seconds
	@.venv/bin/ruff format --check --quiet . || { echo 'run: .venv/bin/ruff format .'; exit 1; }
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@mkdir -p var; .venv/bin/bandit --quiet --recursive --configfile pyproject.toml dashboard geo layers 2>var/bandit.log || { cat var/bandit.log; exit 1; }
	@$(PY) -m pip check

.PHONY: scale
scale: .venv/scale.stamp  ## install what a province needs: compiled look-ups of points, Dask for many processes or machines

.PHONY: bench
bench: .venv/dev.stamp .venv/scale.stamp .venv/bench.stamp programs  ## measure import, match, pages and callbacks; one JSON line a figure
	@PYTHONPATH=. $(PY) tests/bench/run.py

.PHONY: real
real: .venv/runtime.stamp  ## import and match a folder of real files (FANGYI_REAL_DATA, default ../shared/data)
	@$(PY) -m dashboard real

.PHONY: clean
clean:  ## remove .venv and caches; var/ holds your data and stays
	@rm -rf tests/node_modules .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis test-results
	@find dashboard geo layers tests -name __pycache__ -prune -exec rm -rf {} +

$(DRILL_STORE): | .venv/runtime.stamp
	@echo 'building the drill city, once: a few minutes'
	@$(PY) -m dashboard drill

.venv/bin/python:
	@[ -n "$(PYTHON)" ] || { echo 'Python 3.11 or newer is needed and was not found; install it, or name one: make PYTHON=/path/to/python3.11'; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is $$($(PYTHON) -V); wanted Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "making .venv with $$($(PYTHON) -V)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo 'the venv module of Python is incomplete; on Debian: apt-get install python3-venv'; exit 1; }

.venv/runtime.stamp: requirements.txt | .venv/bin/python
	@$(call quietly,installing requirements (log in var/pip.log),pip.log,$(PY) -m pip install --requirement requirements.txt)
	@touch $@

.venv/dev.stamp: requirements-dev.txt requirements.txt | .venv/bin/python
	@$(call quietly,installing requirements for tests (log in var/pip.log),pip.log,$(PY) -m pip install --requirement requirements-dev.txt)
	@touch $@ .venv/runtime.stamp

# $(call group,NAME): the packages of an optional group in pyproject.toml.
group = $(PY) -c 'import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"][sys.argv[1]], sep="\n")' $(1)

.venv/scale.stamp: pyproject.toml | .venv/runtime.stamp
	@$(call quietly,installing the scale group (log in var/pip.log),pip.log,$(PY) -m pip install $$($(call group,scale)))
	@touch $@

# A peer that cannot be had is left out of the comparison, which says so.
.venv/bench.stamp: pyproject.toml | .venv/runtime.stamp
	@mkdir -p var; for package in $$($(call group,bench)); do \
	  echo "installing $$package"; $(PY) -m pip install $$package >var/pip.log 2>&1 || echo "$$package cannot be installed (log in var/pip.log); the bench skips it"; done
	@touch $@

# Tried once: briefings need the font, the map on screen does not, so a machine without it still gets its demo.
.venv/fonts.stamp: | .venv/bin/python
	@$(missing); if [ -n "$$(missing fonts-noto-cjk)" ]; then \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ( $(call quietly,installing fonts-noto-cjk (log in var/apt.log),apt.log,$(apt) fonts-noto-cjk) ); } \
	  || echo 'fonts-noto-cjk is missing: briefings cannot be printed in Chinese until it is installed'; fi
	@touch $@

# axe-core, which asks whether everybody can use a page. A machine that cannot have npm runs all other tests and says what it left out.
tests/node_modules/.stamp: tests/package-lock.json | programs
	@if command -v npm >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ( $(call quietly,installing nodejs npm (log in var/apt.log),apt.log,$(apt) nodejs npm) ); }; \
	then ( $(call quietly,installing axe-core (log in var/npm.log),npm.log,npm ci --prefix tests) ) && touch $@ && exit 0; fi; \
	echo 'axe-core of npm cannot be installed: the tests of accessibility will be skipped'

# LibreOffice, which shows what became of the slides. A machine that cannot have it runs all other tests.
.venv/office.stamp: | programs
	@command -v soffice >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ( $(call quietly,installing libreoffice-impress (log in var/apt.log),apt.log,$(apt) libreoffice-impress) ); } \
	|| echo 'LibreOffice is missing: the test that opens slides in it will be skipped'
	@touch $@

# PostgreSQL, on which the tests of the store run besides SQLite, and PostGIS beside it. A machine that cannot have it runs all other tests; the report says what was skipped.
.venv/postgis.stamp: | programs
	@{ command -v initdb || ls /usr/lib/postgresql/*/bin/initdb; } >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ( $(call quietly,installing postgresql-15 (log in var/apt.log),apt.log,$(apt) postgresql-15) ); } \
	|| echo 'PostgreSQL 15 is missing: the tests of the store on it will be skipped'
	@ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ( $(call quietly,installing postgresql-15-postgis-3 (log in var/apt.log),apt.log,$(apt) postgresql-15-postgis-3) ); } \
	|| echo 'PostGIS is missing: the tests of geometry in the database will be skipped'
	@touch $@

# nginx, before which a test puts a real server. A machine that cannot have it skips that test, and the report says so.
.venv/nginx.stamp: | programs
	@command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ( $(call quietly,installing nginx (log in var/apt.log),apt.log,$(apt) nginx) ); } \
	|| echo 'nginx is missing: the tests of the proxy will be skipped'
	@touch $@

.PHONY: programs
programs:
	@$(missing); wanted=$$(missing chromium fonts-noto-cjk poppler-utils); wanted=$${wanted% }; [ -n "$$wanted" ] || exit 0; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
	  echo "the tests need these packages of Debian and may not install them: $$wanted"; \
	  echo "install them (apt-get install $$wanted) and run make again"; exit 1; fi; \
	$(call quietly,installing $$wanted (log in var/apt.log),apt.log,$(apt) $$wanted)
