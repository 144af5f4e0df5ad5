# Comparing with PyTorch. It wants a Python that has torch (Debian: python3-torch).
# Others than the usual cases: make bench-peer BENCH='-cases vgg19:1024 -isa avx2'

PYTHON ?= /usr/bin/python3
BENCH  ?=

.PHONY: bench-peer

bench-peer: build ## time iterations in turns with PyTorch, and print the ratios
	$(GO) run ./bench/peer -nst bin/nst -python $(PYTHON) $(BENCH)
