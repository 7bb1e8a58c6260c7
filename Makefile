# make run    start the app            make test      every check, and the tests of a change: minutes
# make check  linters and types alone  make test-js   JavaScript's unit tests alone
# make cluster  runs on a real Ray with three nodes, in a network of its own; Ray is installed into .venv-ray
# make audit  known vulnerabilities    make test-all  every check and every test
# make shots  the README's screenshots    make coverage  which lines of vae/ every test together runs: an hour
# make contract  frontend/lib/contract.js, what the scripts know of Python
# make wasm  assembles frontend/lib/model/product.wat, the matrix product of the browser's models
# make classifier  trains the digit classifier that Sampling counts with; MNIST is in $VAE_DATA_DIR or downloaded
# make prove  what a stranger may send, 20,000 cases of each kind: two hours
# make lock   writes the lock files after a change of requirements*.txt; make lock UPGRADE=--upgrade renews all packages

PYTHON ?= python3
BIN := .venv/bin
NODE := $(BIN)/node
# Files of pip's that last a moment go beside what it installs: /tmp may be memory, and too little for PyTorch.
PIP := mkdir -p .venv/tmp && TMPDIR="$(CURDIR)/.venv/tmp" $(BIN)/python -m pip install --disable-pip-version-check -q

run: .venv/run-installed
	$(BIN)/python -m streamlit run app.py

# Each worker takes a file at a time. A test that hangs for 20 minutes ends, with every thread's stack. Bytecode is kept
# also where the environment forbids it: each worker and each app that they start would compile every module anew.
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder \
    -o faulthandler_timeout=1200 -o faulthandler_exit_on_timeout=true

test: check-and-test-js
	$(PYTEST) -m "not slow" $(THEN)

# What `make test` leaves out, and what tries more here.
test-rest: test-js-coverage
	$(PYTEST) -m "slow or scaled" --hypothesis-profile=ci $(THEN)

test-all: check-and-count-js
	$(PYTEST) --hypothesis-profile=ci

# Ray listens on all interfaces: here there is the loopback interface alone, and no process outlives the tests.
cluster: .venv/test-installed .venv-ray/installed
	unshare --map-root-user --net --pid --fork --mount-proc --kill-child \
	    sh -c 'ip link set lo up && $(BIN)/python -m pytest tests/cluster/cluster.py'

.venv-ray/installed: deploy/ray/requirements.txt
	$(PYTHON) -m venv .venv-ray
	.venv-ray/bin/python -m pip install --disable-pip-version-check -q -r deploy/ray/requirements.txt
	touch $@

coverage: .venv/test-installed
	$(PYTEST) --hypothesis-profile=ci --cov --cov-fail-under=97

prove: .venv/test-installed
	$(BIN)/python -m pytest tests/test_hostile.py tests/classroom/test_hostile_classes.py tests/lessons/test_hostile_lessons.py \
	    --hypothesis-profile=prove --hypothesis-show-statistics

# Two at a time, each with its output in one piece; make 3.81, which macOS has, mixes the lines.
SIDE_BY_SIDE = $(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

check: .venv/test-installed node_modules/.installed
	@$(SIDE_BY_SIDE) check-python check-js

check-and-test-js: .venv/test-installed node_modules/.installed
	@$(SIDE_BY_SIDE) check-python test-js check-js

check-and-count-js: .venv/test-installed node_modules/.installed
	@$(SIDE_BY_SIDE) check-python test-js-coverage check-js

check-python: .venv/test-installed
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

check-js: node_modules/.installed
	$(NODE) node_modules/@biomejs/biome/bin/biome ci .
	$(NODE) node_modules/typescript/bin/tsc --project .
	$(NODE) node_modules/typescript/bin/tsc --project tests/js

# Most files together in one process; each of the rest has its own. By default, Node.js leaves a core to others.
TEST_JS = $(NODE) --test --test-concurrency=$$(getconf _NPROCESSORS_ONLN) $(COUNTED) tests/js/support/together.js \
    'tests/js/**/*.alone.test.js'

test-js: .venv/test-installed node_modules/.installed
	$(TEST_JS)

# Counting makes them half as fast.
test-js-coverage: COUNTED = --experimental-test-coverage --test-coverage-include='vae/frontend/lib/**' \
    --test-coverage-lines=90
test-js-coverage: .venv/test-installed node_modules/.installed
	$(TEST_JS)

contract: .venv/test-installed
	$(BIN)/python -m vae.ui.serving.contract

wasm: .venv/test-installed node_modules/.installed
	$(NODE) tests/js/support/wat.js

classifier: .venv/run-installed
	$(BIN)/python -m vae.evaluation.pictures.classifier

shots: .venv/test-installed
	PYTHONPATH=. $(BIN)/python docs/screenshots.py

# Without --strict, pip-audit calls what it could not look up free of vulnerabilities.
audit: .venv/test-installed
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/python -m pip install --disable-pip-version-check -q pip-audit==2.10.1
	.venv/audit/bin/python -m pip_audit --strict --path .venv/lib/python3*/site-packages

# For every platform and every Python from 3.11 on. What is locked already keeps its version.
LOCK = .venv/lock/bin/uv pip compile -q $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-annotate \
    --no-header --no-emit-index-url --no-emit-find-links
lock:
	$(PYTHON) -m venv .venv/lock
	.venv/lock/bin/python -m pip install --disable-pip-version-check -q uv==0.13.9
	$(LOCK) requirements.txt --output-file requirements.lock
	$(LOCK) --constraints requirements.lock requirements-dev.txt --output-file requirements-dev.lock
	$(LOCK) --constraints requirements.lock requirements.txt --output-file deploy/requirements-cpu.lock \
	    $$(sed -nE 's/^(torch|torchvision|triton|(nvidia|cuda)-[a-z0-9-]+)==.*/--no-emit-package \1/p' requirements.lock)

# The stamps are younger than the lock files exactly when nothing needs to be installed.
.venv/run-installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Latent Lab needs Python 3.11 or newer; this is \
	%d.%d. Name a newer one: make run PYTHON=python3.13" % sys.version_info[:2])'
	$(PYTHON) -m venv .venv
	$(PIP) "pip>=26"  # with older ones, which come with Python, an archive may write outside its folder
	@echo "The first time this installs 6.7 GB, PyTorch among it, and says nothing for minutes."
	$(PIP) --require-hashes -r requirements.lock
	touch $@

.venv/test-installed: requirements-dev.lock .venv/run-installed
	$(PIP) --require-hashes -r requirements-dev.lock
	touch $@

# With the Node.js that the development requirements bring.
node_modules/.installed: package.json package-lock.json .npmrc .venv/test-installed
	$(BIN)/npm ci --loglevel=error
	touch $@

.PHONY: run test test-rest test-all test-js test-js-coverage coverage prove check check-python check-js \
    check-and-test-js check-and-count-js contract wasm classifier lock shots audit cluster
