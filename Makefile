# Entry points for users (demo, install) and developers (check, lint, bench, docs).
# A fresh Debian with git, make and python3 is enough: what is missing gets installed.

PREFIX ?= /usr/local
DESTDIR ?=
LOCALSTATEDIR ?= /var
SYSCONFDIR ?= /etc
# What the names of the daemons' users and groups begin with (packages: gnt-). Empty: everything runs as root.
USER_PREFIX ?=
GROUP_PREFIX ?= $(USER_PREFIX)
# Interpreter of the installed programs. Empty: a virtual environment of their own in the package library directory
# (without DESTDIR), or the distribution's python3 (with DESTDIR, that is when packaging).
PYTHON ?=
# For pytest in check-lab and check-xen.
PYTEST_OPTIONS ?=
# Where the demo puts its nodes; empty: a directory of its own choice, which it prints.
DEMO_DIR ?=

VENV := .venv
STAMP := $(VENV)/.requirements-installed
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest

.PHONY: all demo demo-stop check lint check-unit check-cluster check-lab check-xen bench docs man completion install clean distclean \
  cluster-packages lab-packages venv bytecode

all: venv

venv: $(STAMP)

$(STAMP): requirements.txt requirements-dev.txt
	@build-aux/debian-packages venv
	@build-aux/make-venv $(VENV) requirements-dev.txt
	@touch $@

# Programs start twice as fast with it, and an environment may forbid writing it on the way.
bytecode: $(STAMP)
	@$(BIN)/python -m compileall -q ganeti

cluster-packages:
	@build-aux/debian-packages cluster

lab-packages:
	@build-aux/debian-packages lab

demo: bytecode
	@build-aux/debian-packages --optional cluster
	@tools/demo run $(DEMO_DIR)

demo-stop: $(STAMP)
	@tools/demo stop $(DEMO_DIR)

# One pytest run for both tiers, so that the last line tells the whole result.
check: lint bytecode cluster-packages
	@$(PYTEST) test/unit test/cluster

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports

check-unit: $(STAMP)
	@$(PYTEST) test/unit

check-cluster: bytecode cluster-packages
	@$(PYTEST) test/cluster

check-lab: lab-packages

check-lab check-xen: check-%: bytecode cluster-packages
	@if ls test/$*/test_*.py >/dev/null 2>&1; then \
	  exec $(PYTEST) test/$* $(PYTEST_OPTIONS); \
	else \
	  echo "make $@: this tier has no tests yet; nothing was checked" >&2; exit 1; \
	fi

bench: bytecode cluster-packages
	@$(BIN)/python -m test.bench

docs: $(STAMP)
	$(BIN)/python -m sphinx -W --keep-going -q -b html doc doc/_build/html
	@echo "Documentation: doc/_build/html/index.html"

man: $(STAMP)
	$(BIN)/python setup.py build_man

# For a shell of developers: . build/completion/ganeti
completion: $(STAMP)
	$(BIN)/python -m ganeti.tools.bash_completion build/completion

install: $(STAMP)
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" LOCALSTATEDIR="$(LOCALSTATEDIR)" SYSCONFDIR="$(SYSCONFDIR)" \
	  USER_PREFIX="$(USER_PREFIX)" GROUP_PREFIX="$(GROUP_PREFIX)" PYTHON="$(PYTHON)" VENV="$(VENV)" build-aux/install

clean:
	rm -rf build dist doc/_build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
	find ganeti test tools doc -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV)
