# Other systems and processors: does everything compile? See internal/ports.

PORTS ?= windows/amd64 windows/arm64 darwin/amd64 darwin/arm64 freebsd/amd64 linux/386 linux/ppc64le linux/riscv64

.PHONY: ports

ports: ## check that everything compiles for other systems and processors
	$(GO) run ./internal/ports $(PORTS)
