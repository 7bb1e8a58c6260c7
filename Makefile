# make run    start the app            make test   every check and test
# make check  linters alone            make shots  the README's screenshots
# make prove  what a stranger may send, 20,000 cases of each kind: an hour

PYTHON ?= python3
BIN := .venv/bin

run: .venv/run-installed
	$(BIN)/streamlit run app.py

test: check
	$(BIN)/python -m pytest

prove: .venv/test-installed
	$(BIN)/python -m pytest tests/test_hostile.py --hypothesis-profile=prove --hypothesis-show-statistics

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

.PHONY: run test prove check shots
