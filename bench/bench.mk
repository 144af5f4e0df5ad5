# Comparing with PyTorch of Debian (python3-torch), and with PyTorch 2, TensorFlow and JAX
# where make interop has installed them.
# To choose other cases: make bench-peer BENCH='-cases vgg19:1024 -isa avx2'

PYTHON ?= /usr/bin/python3
BENCH  ?=

.PHONY: bench-peer bench-kills bench-scale bench-memory

bench-peer: build ## time iterations in turns with PyTorch, TensorFlow and JAX, and print the ratios
	$(GO) run ./bench/peer -nst bin/nst -python $(PYTHON) $(BENCH)

bench-kills: ## end sweeps with SIGKILL at random moments: nothing may be lost (ARGS='-kills 1000')
	$(GO) run ./bench/kills $(ARGS)

bench-scale: ## time and memory of 100, 1,000 and 10,000 runs (ARGS='300' for another number)
	$(GO) run ./bench/scale $(ARGS)

bench-memory: ## compare the estimated memory of runs with their peaks (ARGS='-sizes 512,1024 -only vgg19')
	$(GO) run ./bench/memory $(ARGS)
