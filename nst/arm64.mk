# Other processors: the portable kernels, and arm64 under qemu's user emulation
# (Debian: qemu-user), where Go fuses multiplications with additions. The tests are
# chosen to touch every kernel and every golden in about half a minute.

QEMU_ARM64 ?= qemu-aarch64

.PHONY: test-arm64 test-purego

test-arm64: ## test the library on an emulated arm64 (requires qemu-user)
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	check() { \
	  GOARCH=arm64 GOOS=linux CGO_ENABLED=0 $(GO) test -c -o $$dir/test ./$$1; \
	  (cd $$1 && $(QEMU_ARM64) $$dir/test -test.short -test.timeout 10m -test.run "$$2") || { echo "FAIL $$1 on arm64"; exit 1; }; \
	  echo "ok   $$1 on arm64"; \
	}; \
	check nst/internal/kernel/simd .; \
	check nst/internal/kernel 'Gram|Pool|Downsample'; \
	check nst/internal/graph .; \
	check nst 'OracleTrajectories|OracleLosses|LowMemory|CancelInside'

test-purego: ## test the library without assembly
	$(GO) test -short -tags purego ./nst/internal/kernel/simd ./nst/internal/graph ./nst
