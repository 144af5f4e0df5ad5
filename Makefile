# The commands of the workbench. `make` or `make help` lists them.

GO      ?= go
CONFIG  ?=
ARGS    ?=
PACKAGES = ./...
# What gofmt formats; not what a kernel's build that was killed leaves.
FILES = $$($(GO) list -f '{{.Dir}}/*.go' $(PACKAGES)) notebooks/kernel/_glue/*.go experiments/launch/kubernetes/schema/*.go

export CGO_ENABLED = 0

.DEFAULT_GOAL := help
include notebooks/notebooks.mk
include bench/bench.mk
include bench/interop/interop.mk
include nst/arm64.mk
include internal/ports/ports.mk

.PHONY: help build sweep test test-slurm bench generate format format-check gallery release release-files clean

# What formats the page's JavaScript and CSS: the only use of Node.
PRETTIER   = npx --yes prettier@3.6.2 --print-width 100
PAGE_FILES = 'experiments/report/page/*.{js,css}'

help: ## list the targets
	@echo "usage: make TARGET [CONFIG=file.toml] [ARGS='--jobs 2 …']"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18 | sed 's/^/  /'
	@echo "for example: make sweep CONFIG=configs/quickstart.toml"

build: ## make the command, bin/nst
	$(GO) build -trimpath -o bin/nst ./experiments/cmd/nst

sweep: build ## run a configuration: make sweep CONFIG=configs/quickstart.toml
ifeq ($(strip $(CONFIG)),)
	@echo "CONFIG is not set: running the quickstart (make sweep CONFIG=configs/quickstart.toml)"
	@echo "others: $$(ls configs/*.toml | tr '\n' ' ')"
	@bin/nst sweep configs/quickstart.toml $(ARGS)
else
	@bin/nst sweep $(CONFIG) $(ARGS)
endif

test: ## formatting, vet, all tests, and again with the race detector if there is a C compiler
	@unformatted=$$(gofmt -l $(FILES)); \
	  if [ -n "$$unformatted" ]; then echo "gofmt these:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet $(PACKAGES)
	$(GO) test -timeout 15m $(PACKAGES)
	@if command -v $$($(GO) env CC) >/dev/null 2>&1; then \
	  echo "$(GO) test -race -short $(PACKAGES)"; CGO_ENABLED=1 $(GO) test -race -short -timeout 15m $(PACKAGES); \
	else \
	  echo "no C compiler: the tests with the race detector are skipped"; \
	fi

test-slurm: slurm ## the tests on a real Slurm of three nodes on this machine (Debian, as root; installs it; ARGS=-short leaves out what takes minutes)
	@dir=$$(mktemp -d) && cluster=experiments/launch/slurm/testdata/cluster.sh && trap "$$cluster stop $$dir; rm -rf $$dir" EXIT && \
	  $$cluster start $$dir && SLURM_CONF=$$dir/etc/slurm.conf NST_SLURM=$$dir $(GO) test -count=1 -timeout 10m -v $(ARGS) -run TestSlurm ./experiments/cmd

.PHONY: slurm
slurm:
	@command -v slurmctld >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge >/dev/null; }

.PHONY: test-k8s
test-k8s: build ## check a manifest of nst plan --manifest k8s by the types of Kubernetes
	@dir=$$(mktemp -d) && trap "rm -rf $$dir" EXIT && cp -r configs $$dir && \
	  bin/nst plan $$dir/configs/quickstart.toml --results $$dir/results --manifest k8s --image registry.example.org/nst:1 --claim shared --mount $$dir > $$dir/job.yaml && \
	  $(GO) run -C experiments/launch/kubernetes/schema . < $$dir/job.yaml

bench: ## the benchmarks
	$(GO) test -run '^$$' -bench . -benchmem $(PACKAGES)

generate: ## write all generated files again: assembly, bindings, tables, pictures
	$(GO) generate $(PACKAGES)

format: ## format the Go files, and the page's JavaScript and CSS (with npx)
	gofmt -w $(FILES)
	$(PRETTIER) --log-level warn --write $(PAGE_FILES)

format-check: ## check the format of the page's JavaScript and CSS (with npx)
	$(PRETTIER) --check $(PAGE_FILES)

# At their own sizes, and at 160 pixels those that would take long. Configurations that need trained weights keep their pictures.
GALLERY       = results/gallery
GALLERY_WHOLE = quickstart search stages colour dream inversion masks regions scales texture
GALLERY_SMALL = optimizers schedules lecture ladder losses gatys-figure3-pyramid

gallery: build ## docs/gallery.md: runs the configurations (about ten minutes) and draws their pictures
	for c in $(GALLERY_WHOLE); do bin/nst sweep configs/$$c.toml --results $(GALLERY) || exit 1; done
	for c in $(GALLERY_SMALL); do bin/nst sweep configs/$$c.toml --results $(GALLERY) --set images.size=160 || exit 1; done
	$(GO) run ./internal/gallery $(GALLERY) docs configs/*.toml

# A commit with a tag gives its release, any other a snapshot. The same commit gives the same bytes.
GORELEASER = $(GO) run github.com/goreleaser/goreleaser/v2@v2.15.1

release: ## archives of the command for all systems, with manual pages and completion, in dist/
	$(GORELEASER) release --clean --skip=publish,announce $(if $(shell git describe --tags --exact-match 2>/dev/null),,--snapshot)

release-files:
	rm -rf bin/release && mkdir -p bin/release/completions
	$(GO) build -trimpath -o bin/nst ./experiments/cmd/nst
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) bin/nst man bin/release/man/man1
	for shell in bash zsh fish powershell; do bin/nst completion $$shell >bin/release/completions/nst.$$shell || exit 1; done

clean: ## remove bin/ and dist/ (results stay)
	rm -rf bin dist
