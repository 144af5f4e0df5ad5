# Our files and numbers beside the real tools, from a virtual environment with pinned versions.
# To run some of the checks: make interop CHECKS='tensorboard mlflow'

CHECKS ?=

.PHONY: interop

interop: build ## hold exports and results to the real tools (needs PyPI), and write docs/interop.md
	@bench/interop/run.sh $(CHECKS)
