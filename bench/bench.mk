# Comparing with PyTorch. This requires a Python with torch (Debian: python3-torch).
# To choose other cases: make bench-peer BENCH='-cases vgg19:1024 -isa avx2'

PYTHON ?= /usr/bin/python3
BENCH  ?=

.PHONY: bench-peer

bench-peer: build ## time iterations in turns with PyTorch, and print the ratios
	$(GO) run ./bench/peer -nst bin/nst -python $(PYTHON) $(BENCH)
