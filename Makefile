# make run    start the app            make test   every check and test
# make check  linters alone            make shots  the README's screenshots

PYTHON ?= python3
BIN := .venv/bin

run: .venv/run-installed
	$(BIN)/streamlit run app.py

test: check
	$(BIN)/python -m pytest

check: .venv/test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

shots: .venv/test-installed
	PYTHONPATH=. $(BIN)/python docs/screenshots.py

# The stamps are younger than the requirement files exactly when nothing needs to be installed.
.venv/run-installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check -q -r requirements.txt
	touch $@

.venv/test-installed: requirements-dev.txt .venv/run-installed
	$(BIN)/pip install --disable-pip-version-check -q -r requirements-dev.txt
	touch $@

.PHONY: run test check shots
