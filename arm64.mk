# The portable kernels on another processor, under qemu's user emulation (Debian:
# qemu-user). Go fuses multiplications with additions there.

QEMU_ARM64 ?= qemu-aarch64

.PHONY: test-arm64 test-purego

test-arm64: ## test the library on an emulated arm64 (wants qemu-user)
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	for p in nst/internal/kernel nst/internal/graph nst; do \
	  GOARCH=arm64 GOOS=linux CGO_ENABLED=0 $(GO) test -c -o $$dir/test ./$$p; \
	  (cd $$p && $(QEMU_ARM64) $$dir/test -test.short -test.timeout 10m) && echo "ok  $$p on arm64"; \
	done

test-purego: ## test the library without assembly
	$(GO) test -short -tags purego ./nst/internal/kernel ./nst/internal/graph ./nst
