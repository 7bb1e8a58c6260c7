# make run    start the app            make test   every check and test
# make check  linters alone            make shots  the README's screenshots
# make audit  known vulnerabilities    make prove  what a stranger may send, 20,000 cases of each kind: two hours

PYTHON ?= python3
BIN := .venv/bin
# Files of pip's that last a moment go beside what it installs: /tmp may be memory, and too little for PyTorch.
PIP := mkdir -p .venv/tmp && TMPDIR="$(CURDIR)/.venv/tmp" $(BIN)/python -m pip install --disable-pip-version-check -q

run: .venv/run-installed
	$(BIN)/python -m streamlit run app.py

# What hangs for 20 minutes ends, with every thread's stack.
test: check
	$(BIN)/python -m pytest -o faulthandler_timeout=1200 -o faulthandler_exit_on_timeout=true

prove: .venv/test-installed
	$(BIN)/python -m pytest tests/test_hostile.py --hypothesis-profile=prove --hypothesis-show-statistics

check: .venv/test-installed
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

shots: .venv/test-installed
	PYTHONPATH=. $(BIN)/python docs/screenshots.py

# Without --strict, pip-audit calls what it could not look up free of vulnerabilities.
audit: .venv/test-installed
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/python -m pip install --disable-pip-version-check -q pip-audit==2.10.1
	.venv/audit/bin/python -m pip_audit --strict --path .venv/lib/python3*/site-packages

# The stamps are younger than the requirement files exactly when nothing needs to be installed.
.venv/run-installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Latent Lab needs Python 3.11 or newer; this is \
	%d.%d. Name a newer one: make run PYTHON=python3.13" % sys.version_info[:2])'
	$(PYTHON) -m venv .venv
	$(PIP) "pip>=26"  # with older ones, which come with Python, an archive may write outside its folder
	@echo "The first time this installs 6.7 GB, PyTorch among it, and says nothing for minutes."
	$(PIP) -r requirements.txt
	touch $@

.venv/test-installed: requirements-dev.txt .venv/run-installed
	$(PIP) -r requirements-dev.txt
	touch $@

.PHONY: run test prove check shots audit
