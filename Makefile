# `make` alone lists the targets. Each installs what it needs first, which is quick once it is there.
.DEFAULT_GOAL := help
.PHONY: help install demo test test-all faults fuzz lint docs gallery bench bench-peers \
  bench-service bench-latency bench-memory bench-scaling bench-render bench-reading bench-known-text \
  bench-highlights accuracy clean
BIN := .venv/bin
SEED := 7
SECONDS := 600
CODE := karaokify_daemon tests tools benchmarks

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 24

install: ## install FFmpeg (apt-get) and the service into .venv
	@tools/install.sh

demo: ## run the service on the bundled recording and print the finished video's path
	@tools/install.sh
	@tools/demo.sh

test: ## run the whole suite; PYTEST="-k name" passes arguments on
	@tools/install.sh --dev
	@$(BIN)/python -m compileall -q $(CODE) # once, for the many processes that tests start
	$(BIN)/python -m pytest -n 3 --dist worksteal $(PYTEST)

test-all: ## run what needs no torch on every Python 3.11, 3.12 and 3.13 found here
	@tools/install.sh --dev
	@tools/test_all.sh

faults: ## kill, starve and confuse the service at every point; one line per fault
	@tools/install.sh --dev
	FAULTS=full $(BIN)/python -m pytest -n 2 tests/faults

fuzz: ## give every parser mutated input, by coverage, each for SECONDS=600
	@tools/install.sh --dev
	@mkdir -p build
	for target in transcript srt vtt ttml ass lrc ultrastar txt options configuration; do \
	  $(BIN)/python -m tools.fuzz $$target -artifact_prefix=build/fuzz- -max_len=60000 \
	    -max_total_time=$(SECONDS) || exit 1; done

lint: ## ruff, black, mypy and import-linter
	@tools/install.sh --dev
	$(BIN)/ruff check $(CODE)
	$(BIN)/black --check --quiet $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: ## write the pages that are generated, and the documentation as a site into build/site
	@tools/install.sh --dev
	$(BIN)/python -m tools.config_reference
	$(BIN)/python -m tools.architecture_picture
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	@echo "The site: $(CURDIR)/build/site/index.html"

SHAPES := 16:9=960x540 9:16=540x960 1:1=720x720 4:5=720x900
gallery: ## render every style in every shape, every script and waveform, and the web page into docs/images
	@tools/install.sh --dev
	for shape in $(SHAPES); do \
	  name=$$(echo $${shape%=*} | tr : x); \
	  $(BIN)/python -m karaokify_daemon styles --preview build/gallery/$$name \
	    --set video.size=$${shape#*=} --set video.background_color=#22304F \
	    --set video.background_gradient=#0C0F16 || exit 1; \
	  ffmpeg -v error -y -i build/gallery/$$name/styles.png -vf scale=1280:-2 -q:v 5 \
	    docs/images/styles-$$name.jpg || exit 1; done
	$(BIN)/python -m tools.gallery docs/images
	$(BIN)/python -m tools.web_pictures docs/images

bench-render: ## measure renders of every style beside the bare encode of their frames
	@tools/install.sh --dev
	$(BIN)/python -m benchmarks.render --check

bench-reading: ## measure how well captions read, beside those of Whisper's own writer
	@tools/install.sh --dev
	$(BIN)/python -m benchmarks.reading

bench-known-text: ## measure how well known words are placed
	@tools/install.sh --dev
	$(BIN)/python -m benchmarks.known_text

ifdef QUICK
PEERS := --seconds 10 --rounds 1
SERVICE := --files 4
LATENCY := --files 20 --seconds 20 --done 10000
MEMORY := --lengths 300,900
SCALING := --files 10,30,100
endif
bench: bench-peers bench-service bench-latency bench-memory bench-scaling ## measure all five below, 50 minutes on two cores; QUICK=1 for a look; JSON in build/bench

bench-peers: ## measure renders beside the bare encode, other ways and other programs
	@tools/install.sh --dev
	$(BIN)/python -m benchmarks.peers $(PEERS)

bench-service: ## measure the service beside the same work done one after the other
	@tools/install.sh --dev
	$(BIN)/python -m benchmarks.overhead $(SERVICE)

bench-latency: ## measure how soon files are taken, and what an idle service costs
	@tools/install.sh --dev
	$(BIN)/python -m benchmarks.latency $(LATENCY)

bench-memory: ## measure memory by the length of a recording
	@tools/install.sh --dev
	$(BIN)/python -m benchmarks.memory $(MEMORY)

bench-scaling: ## measure time by the number of files
	@tools/install.sh --dev
	$(BIN)/python -m benchmarks.scaling $(SCALING)

bench-highlights: ## measure how much of what matters is in reels chosen without a language model
	@tools/install.sh --dev
	$(BIN)/python -m benchmarks.highlights

accuracy: ## measure recognition against espeak-ng's own word times; SEED=8 makes other recordings
	@tools/install.sh --dev
	$(BIN)/python -m benchmarks.accuracy --check --seed $(SEED)

clean: ## remove what was built, but not .venv
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
