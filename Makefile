# IncomeLens. `make help` lists what can be done; nothing here needs more than Python and make.

PYTHON ?= python3
CORES ?= all
STUDY ?= demo
BIN := .venv/bin
# How far a run is: bars on a terminal, short lines elsewhere; all of it is in .snakemake/log either way.
PROGRESS := $(shell if [ -t 2 ]; then echo --logger rich; else echo --quiet rules reason host; fi)
SNAKEMAKE := $(BIN)/snakemake $(PROGRESS) --cores $(CORES)
LOCK := envs/requirements.lock
COMPILE := $(abspath $(BIN))/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url

# Where the home cannot be written, as on some clusters, caches lie beside Snakemake's own files.
ifneq ($(shell test -w "$$HOME" && echo yes),yes)
export XDG_CACHE_HOME ?= $(CURDIR)/.snakemake/caches
export MPLCONFIGDIR ?= $(XDG_CACHE_HOME)/matplotlib
endif

.DEFAULT_GOAL := help
.PHONY: help env demo test check check-wrapping container docs fuzz test-cluster nyc socal report bench bench-gpu lock format clean

help: ## list these commands and the workflow's named targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'
	@if [ -x $(BIN)/snakemake ]; then echo; echo "snakemake --cores all TARGET, where TARGET is one of"; \
	  $(BIN)/snakemake --list-target-rules --quiet host 2>/dev/null | sed 's/^/  /'; fi

env: .venv/complete ## set up .venv from the lock (once, some minutes, 7 GB with PyTorch)

.venv/complete: $(LOCK) pyproject.toml
	@PYTHON="$(PYTHON)" envs/create.sh .venv $(LOCK) 7
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q src
	@echo "Compiling the Shapley kernels, half a minute ..."
	@$(BIN)/python -m incomelens.shapley.compile_kernels
	@touch $@

demo: env ## build everything for the embedded synthetic study (results/demo)
	$(SNAKEMAKE) --configfile config/demo.yaml
	@echo; echo "Five numbers of the study (expected ± tolerance):"
	@$(BIN)/python -m incomelens.report.expected results/demo docs/expected/demo.json
	@echo; echo "Open results/demo/report.html in a browser; its tables and figures lie in results/demo/paper/"

nyc: env ## district study of New York from real tables: make nyc DATA=<folder>
	@test -n "$(DATA)" || { echo "say where the tables are: make nyc DATA=<folder>"; exit 1; }
	$(SNAKEMAKE) --configfile config/nyc.yaml --config data_dir=$(DATA)

socal: env ## aerial study of five Californian cities from real images: make socal DATA=<folder>
	@test -n "$(DATA)" || { echo "say where the images are: make socal DATA=<folder>"; exit 1; }
	$(SNAKEMAKE) --configfile config/socal.yaml --config data_dir=$(DATA)

report: env ## one page of a whole study: make report STUDY=nyc DATA=<folder>; AGAINST=<study or folder> sets another beside
	$(SNAKEMAKE) write_report $(if $(filter paper,$(STUDY)),,--configfile config/$(STUDY).yaml) \
	  $(if $(DATA),--config data_dir=$(DATA))
	@echo "Open results/$(STUDY)/report.html in a browser; it needs no network"
	@$(if $(AGAINST),$(BIN)/python -m incomelens.report.against results/$(STUDY) \
	  $(if $(wildcard $(AGAINST)/paper),$(AGAINST),results/$(AGAINST)))

check: env ## lint, types and fast tests (three to five minutes)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check .
	$(BIN)/ty check
	$(BIN)/pytest -n 2 -m "not workflow and not real and not slow and not cluster"
	$(BIN)/pytest -q --doctest-modules $$(grep -rl --include='*.py' '>>>' src)

test: check ## all tests, real data and the tiny study from end to end among them
	$(BIN)/pytest -n 2 --maxschedchunk 1 -m "real or slow or workflow"

fuzz: env ## look for damage to a file that ends neither in its table nor in a sentence (minutes; differs from run to run)
	INCOMELENS_FUZZ_EXAMPLES=$(or $(EXAMPLES),300) $(BIN)/pytest -n 2 -m fuzz

docs: .venv-dev/complete ## the documentation as a site, results/site (no network; make docs STUDY=demo adds its gallery)
	.venv-dev/bin/python docs/site/build.py $(wildcard results/$(STUDY))

check-wrapping: .venv-dev/complete docs ## licences, citation, spelling and documentation
	.venv-dev/bin/reuse lint --quiet
	.venv-dev/bin/cffconvert --validate
	.venv-dev/bin/codespell

.venv-dev/complete: envs/dev.lock
	@PYTHON="$(PYTHON)" envs/create.sh .venv-dev envs/dev.lock 1
	@touch $@

container: ## the image for --sdm apptainer, incomelens.tar, from the lock (root on Debian: buildah, debootstrap; 30 GB)
	envs/container.sh incomelens.tar
	@if command -v apptainer >/dev/null; then apptainer build incomelens.sif envs/incomelens.def; \
	  else echo "Where Apptainer is: apptainer build incomelens.sif envs/incomelens.def"; fi

test-cluster: env ## the tiny study on a Slurm of two nodes (root on Debian; says so and ends well elsewhere)
	$(BIN)/pytest -m cluster tests/cluster
	@cat results/test-cluster/killed_job.log 2>/dev/null || true

bench: RECORD := --record docs/benchmarks
bench: env ## speed against the named peers, kept in docs/benchmarks (adds the peers to .venv; they take long)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement envs/bench.lock
	$(BIN)/python benchmarks/bench_country.py $(RECORD) --sizes 2000 8000 20000 72000 $(if $(DATA),--table $(DATA)/nyc_tract_acs_2015_2019.gpkg)
	$(BIN)/python benchmarks/bench_gp.py $(RECORD) --peer-seconds 200 $(if $(DATA),--table $(DATA)/nyc_tract_acs_2015_2019.gpkg)
	$(BIN)/python benchmarks/bench_shapley.py $(RECORD)
	$(BIN)/python benchmarks/bench_attribution.py $(RECORD)
	$(BIN)/python benchmarks/bench_tiles.py --km 3 --tile-px 256 800 --ways limit ours released $(RECORD)
	$(BIN)/python benchmarks/bench_inference.py $(RECORD)
	$(BIN)/python benchmarks/bench_planning.py $(RECORD)
	$(BIN)/python benchmarks/bench_planning.py --cities 20 --schedule --seconds 0.3 --cores 4 --resources gpu=1 $(RECORD)
	$(BIN)/python benchmarks/bench_shapley.py --full --mode optimised
	$(BIN)/python benchmarks/tables.py

bench-gpu: env ## training and explaining on one GPU against the plain ways, in eight minutes (no network, no data)
	$(BIN)/python benchmarks/bench_gpu.py --record docs/benchmarks; ended=$$?; \
	  $(BIN)/python benchmarks/tables.py && exit $$ended

lock: env ## renew the locks from envs/*.in
	cd envs && $(COMPILE) requirements.in --output-file requirements.lock
	cd envs && $(COMPILE) requirements.in bench.in --constraint requirements.lock --output-file bench.lock
	cd envs && $(COMPILE) dev.in --output-file dev.lock

format: env ## rewrite all code in the house's format, config/README.md from the schemas, tables of speed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt .
	$(BIN)/python -m incomelens.common.config_reference
	$(BIN)/python benchmarks/tables.py

clean: ## remove results, not the environment
	find results -mindepth 1 -not -name .gitkeep -delete
