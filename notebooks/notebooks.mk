# Notebooks: the kernel, its bindings, and the notebooks themselves.

JUPYTER_DIR := bin/jupyter
NOTEBOOK    ?= notebooks/1_the_method.ipynb

.PHONY: kernel kernel-install notebook notebooks bindings

kernel: ## build the notebooks' kernel and install it in bin/jupyter
	go run ./notebooks/kernel/build -o bin/gophernotes -kernels $(JUPYTER_DIR)/kernels

kernel-install: ## build the kernel and install it for all Jupyters of the user
	go run ./notebooks/kernel/build -o bin/gophernotes -kernels user

notebook: kernel ## open a notebook in Jupyter (NOTEBOOK=...)
	@if command -v jupyter-lab >/dev/null; then \
		JUPYTER_PATH=$(CURDIR)/$(JUPYTER_DIR) jupyter-lab $(NOTEBOOK); \
	elif command -v jupyter-notebook >/dev/null; then \
		JUPYTER_PATH=$(CURDIR)/$(JUPYTER_DIR) jupyter-notebook $(NOTEBOOK); \
	else \
		echo "Jupyter is not installed. One of these installs it:"; \
		echo "  pip install jupyterlab"; \
		echo "  apt-get install --no-install-recommends jupyter-notebook"; \
		echo "The kernel is built; make kernel-install installs it for all your Jupyters, including editors."; \
		exit 1; \
	fi

notebooks: kernel ## run all notebooks, check them, and write them to results/notebooks
	notebooks/check.sh

bindings: ## generate the kernel's bindings
	go generate ./notebooks/kernel/bindings
