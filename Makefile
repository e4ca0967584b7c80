# Everything that people, and CI, do with this repository. `make` alone lists it.

PYTHON ?= python3.11
PIP_VERSION := 26.3
WORKERS ?= 2

BIN := .venv/bin
STAMP := .venv/.installed
REPORTS := build
# The slowest first: at the end then no worker waits long for the other's last file.
SUITES := integration browser e2e contracts channels properties unit
SUITE_DIRS = $(wildcard $(addprefix tests/,$(SUITES)))

.DEFAULT_GOAL := help
.PHONY: help install packages up test check format bench fuzz quality chaos soak docs constraints clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) packages ## .venv with everything in it, and the Debian packages of the tests

# The stamp is as new as the last installation: nothing to do while the pins stand.
$(STAMP): pyproject.toml constraints.txt
	@scripts/require-python $(PYTHON)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip==$(PIP_VERSION)'
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

packages: ## the Debian packages and the servers that tests start
	@scripts/install-test-servers

up: $(STAMP) ## start: the made-up workshop, or your business once there is a leadlog.toml; PORT=8081
	@if [ -e leadlog.toml ]; then exec $(BIN)/leadlog up $(PORT:%=--port %); \
	else exec $(BIN)/leadlog demo $(PORT:%=--port %); fi

test: install ## all that must hold: unit, properties, channels, contracts, integration, browser, e2e
	@mkdir -p $(REPORTS)
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -o junit_family=xunit1 \
		--junitxml=$(REPORTS)/junit.xml $(SUITE_DIRS)

check: $(STAMP) ## format, lint, types, and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy scripts
	$(BIN)/lint-imports

format: $(STAMP) ## put the code into its one format
	$(BIN)/ruff format .

bench: install ## the paired benchmarks, as ratios
	@scripts/install-debian-packages wrk=wrk
	$(BIN)/leadlog bench
	PYTHONPATH=.:tests $(BIN)/python tests/bench/distributed_stores.py

fuzz: $(STAMP) ## look for deliveries that break an adapter: FUZZ_TRIES (500) a type, FUZZ_SECONDS (300)
	$(BIN)/pip install --quiet -c constraints.txt -e '.[fuzz]'
	LEADLOG_FUZZ_TRIES=$${FUZZ_TRIES:-500} $(BIN)/pytest tests/properties/test_adapters_take_anything.py
	$(BIN)/python tests/fuzz/adapters.py build/fuzz -max_total_time=$${FUZZ_SECONDS:-300} \
		-max_len=65536 -artifact_prefix=build/

quality: $(STAMP) ## how well persons are told: 100,000 made-up leads, and FEBRL3 beside Splink
	$(BIN)/pip install --quiet -c constraints.txt -e '.[quality]'
	$(BIN)/leadlog quality ru-leads
	$(BIN)/leadlog quality febrl3

chaos: install ## kill, cut and fill up what can be, under load; try the laws 8 times as often
	LEADLOG_TRIES=8 $(BIN)/pytest tests/properties
	$(BIN)/pytest -s tests/chaos

soak: install ## the same for hours; CHAOS_KILLS, CHAOS_OUTAGE_S and CHAOS_SEED choose how long and which
	LEADLOG_TRIES=100 $(BIN)/pytest tests/properties
	CHAOS_KILLS=$${CHAOS_KILLS:-2000} CHAOS_OUTAGE_S=$${CHAOS_OUTAGE_S:-600} $(BIN)/pytest -s tests/chaos

docs: $(STAMP) ## write the pages that come from the code
	$(BIN)/python scripts/write_metrics_page.py
	$(BIN)/python scripts/write_asyncapi.py

constraints: ## take today's newest versions and pin them all in constraints.txt
	scripts/pin-constraints $(PYTHON) $(PIP_VERSION)

clean: ## remove what can be made again; data/ stays
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf .import_linter_cache .servers
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
