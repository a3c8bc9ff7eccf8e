# Everything here needs Python 3.11, 3.12 or 3.13, make and git; the rest is installed into .venv.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test nightly samples docs house histories hostile formats pgbouncer faults faults-airflow crash-points mutations lint bench clean requirements install

VENV := .venv
# Named after what it installed, so that a changed requirement installs again and an unchanged one costs nothing.
STAMP := $(VENV)/.installed-$(shell cat requirements-dev.txt pyproject.toml | cksum | tr ' ' '-')
# Present while an install runs: pip takes a package that was cut off half way for a whole one.
UNFINISHED := $(VENV)/.install-unfinished
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --no-input
SUPPORTED := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
# Dealt out by site and by file (tests/dealing.py). Three for two cores: tests of an Airflow wait for most of their time.
WORKERS := 3

# Where this is set, each task process compiles Cartage again, which is a tenth of its CPU time.
unexport PYTHONDONTWRITEBYTECODE

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  make %-15s %s\n' "$$name" "$$text"; done

demo: $(STAMP) ## move 300 orders from a sandbox store to a sandbox warehouse and back, through Airflow (WAREHOUSE=shipbob)
	@$(VENV)/bin/python -m cartage_sandbox.demo $(if $(WAREHOUSE),--warehouse $(WAREHOUSE))

test: $(STAMP) ## run every test but the long series (unit, contract, architecture, dags, deploy, end to end, browser)
	@$(VENV)/bin/python -m pytest -n $(WORKERS) -m "not nightly" --dist loadfile --no-loadscope-reorder tests

nightly: $(STAMP) ## run all long series in a row, whatever fails (takes hours); `make test` has a sample of each
	@failed=; \
	for series in samples pgbouncer histories hostile formats crash-points mutations faults \
			"faults-airflow EXECUTOR=celery"; do \
		echo "== make $$series"; $(MAKE) --no-print-directory $$series || failed="$$failed; make $$series"; \
	done; \
	[ -z "$$failed" ] || { echo "FAILED$$failed"; exit 1; }

samples: $(STAMP) ## run the tests that take too long for every change: a killed Airflow and Celery, each fault theme, ...
	@$(VENV)/bin/python -m pytest -n 2 -m nightly --dist loadfile tests

histories: $(STAMP) ## play 500 random histories of a store and of the sending, 100 of shipments, 50 of two warehouses, 500 of divided orders (HISTORIES=, SHIPMENTS=, ROUTED=, DIVIDED=, SEED=)
	@seed=$${SEED:-$$(date +%s)}; echo "histories from seed $$seed on"; \
	CARTAGE_HISTORIES=$${HISTORIES:-500} CARTAGE_HISTORIES_SEED=$$seed CARTAGE_SHIPMENT_HISTORIES=$${SHIPMENTS:-100} \
	CARTAGE_PATHS=$${HISTORIES:-500} CARTAGE_PATHS_RANDOM=1 CARTAGE_ROUTED_HISTORIES=$${ROUTED:-50} \
	CARTAGE_DIVIDED_HISTORIES=$${DIVIDED:-500} \
		$(VENV)/bin/python -m pytest -q -n 2 --hypothesis-seed=$$seed \
			tests/contract/histories tests/contract/shipment_histories tests/contract/machine \
			tests/contract/routing/test_random_orders.py \
			tests/contract/routing/test_histories.py \
			tests/contract/routing/test_divided_histories.py

hostile: $(STAMP) ## read 10,000 damaged orders, rows of the warehouse and mapping files each (HOSTILE=50000, SEED=7: others)
	@seed=$${SEED:-$$(date +%s)}; echo "hostile orders, rows and files from seed $$seed"; \
	CARTAGE_HOSTILE=$${HOSTILE:-10000} CARTAGE_HOSTILE_SEED=$$seed \
		$(VENV)/bin/python -m pytest -q -n 2 -o faulthandler_timeout=1800 tests/contract/intake/test_hostile_orders.py \
			tests/contract/warehouses/test_hostile_responses.py tests/unit/mappings/test_hostile_mapping_files.py

formats: $(STAMP) ## read and write 100,000 odd files of every format (FORMATS=1000: fewer; SEED=7: others)
	@seed=$${SEED:-$$(date +%s)}; echo "odd files from seed $$seed"; \
	CARTAGE_FORMAT_EXAMPLES=$${FORMATS:-100000} $(VENV)/bin/python -m pytest -q -n 2 --hypothesis-seed=$$seed -o faulthandler_timeout=0 \
		$(wildcard tests/unit/warehouses/files/*/test_any_bytes.py tests/unit/warehouses/files/*/test_round_trip.py)

pgbouncer: $(STAMP) ## run the contract tests through a PgBouncer in transaction mode (Debian: apt-get install pgbouncer)
	@CARTAGE_THROUGH_PGBOUNCER=1 $(VENV)/bin/python -m pytest -n 2 tests/contract

crash-points: $(STAMP) ## kill a process before and after every commit and every request of every stage
	@CARTAGE_CRASH_SHARE=1 $(VENV)/bin/python -m pytest -n 2 -rP tests/faults/test_crash_points.py

mutations: $(STAMP) ## take each guard away in a copy of the tree; the tests named for it must fail
	@$(VENV)/bin/python -m tests.faults.mutations

faults: $(STAMP) ## kill, freeze and cut off stage processes by 200 seeded schedules (SEED=7: replay one; FAULTS=20; WAREHOUSE=files)
	@$(VENV)/bin/python -m tests.faults --schedules $(or $(FAULTS),200) $(if $(SEED),--seed $(SEED)) \
		$(if $(WAREHOUSE),--warehouse $(WAREHOUSE))

faults-airflow: $(STAMP) ## the same to a real Airflow, by 20 seeded schedules of 1000 orders (SEED=, FAULTS= likewise; EXECUTOR=celery)
	@$(VENV)/bin/python -m tests.faults.real_airflow --schedules $(or $(FAULTS),20) $(if $(SEED),--seed $(SEED)) \
		$(if $(EXECUTOR),--executor $(EXECUTOR)) $(if $(ORDERS),--orders $(ORDERS)) $(if $(ENDINGS),--endings $(ENDINGS))

lint: $(STAMP) ## check style, types and the import rules
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

docs: $(STAMP) ## build the documentation site into .cache/site (strict: no broken link, no page outside the menu)
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/python -m mkdocs build --quiet && echo "open .cache/site/index.html"

house: $(STAMP) ## draw the rooms of the engine from its imports, and name what breaks the design
	@$(VENV)/bin/python -m tests.architecture.house docs/images/house.svg

bench: $(STAMP) ## measure Cartage beside a baseline and write the numbers to benchmarks/
	@$(VENV)/bin/python -m benchmarks

requirements: $(STAMP) ## resolve requirements*.in into requirements*.txt (newest versions: UPGRADE=--upgrade)
	@for name in requirements requirements-dev; do \
		$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
			--no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements" \
			$(UPGRADE) "$$name.in" --output-file "$$name.txt" || exit 1; \
	done
	@$(VENV)/bin/python .ci/pin_extras.py requirements.txt requirements-dev.txt

clean: ## delete the virtual environment, caches and the demo's data
	@rm -rf $(VENV) .cache .demo .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	@rm -rf *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

install: $(STAMP)

$(STAMP): ; @\
	if [ -e $(UNFINISHED) ] || ! $(VENV)/bin/python -c '$(SUPPORTED)' 2>/dev/null; then \
		for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
			"$$python" -c '$(SUPPORTED)' 2>/dev/null && break; python=; \
		done; \
		if [ -z "$$python" ]; then \
			echo "make: no Python 3.11, 3.12 or 3.13 with its venv module was found." >&2; \
			echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.13)," >&2; \
			echo "or name yours: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; \
			exit 1; \
		fi; \
		rm -rf $(VENV) && "$$python" -m venv $(VENV) || exit 1; \
	fi; \
	touch $(UNFINISHED); \
	echo "Installing what requirements-dev.txt names into $(VENV) (once; takes some minutes) ..."; \
	$(VENV)/bin/python -m ensurepip >/dev/null \
		&& $(PIP) install --quiet --require-hashes -r requirements-dev.txt \
		&& $(PIP) install --quiet --no-deps --no-build-isolation --editable . \
		|| exit 1; \
	rm -f $(VENV)/.installed-*; touch $@; rm -f $(UNFINISHED)
