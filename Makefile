# The first of these that is Python 3.11, 3.12 or 3.13 makes the environment.
PYTHON ?= python3.13 python3.12 python3.11 python3 python
PORT ?= 8000

BIN := .venv/bin
READY := .venv/ready
USABLE := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
# One thread for linear algebra: results are the same on every machine.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.PHONY: help serve book test lab notebooks bench vendor clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile | expand -t 20

serve: $(READY)  ## build the book and serve it on http://127.0.0.1:8000 (PORT=8001 for another port)
	@$(BIN)/python tools/serve.py $(PORT) $(MAKE) --no-print-directory book

# Pages that failed are not read again by the next build, so a failed build is thrown away.
book: $(READY)  ## build the book in _build/html, warnings are errors
	@$(BIN)/jupyter-book build . -q -W -n --keep-going $(FRESH) || { rm -rf _build/.doctrees _build/html; exit 1; }

# Side by side: a notebook stays with one worker, neighbouring tests mostly do.
test: $(READY)  ## everything: ruff, tests, doctests, notebooks, the book, its pages in a browser
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python -m pytest -q -n auto --dist worksteal tests companion --ignore=tests/pages --cov --junit-xml=_build/tests/1.xml
	$(BIN)/python -m pytest -q -n auto --dist loadscope --nbval book --junit-xml=_build/tests/2.xml
	$(MAKE) --no-print-directory book FRESH=--all
	$(BIN)/python -m pytest -q -n auto --dist worksteal tests/pages --junit-xml=_build/tests/3.xml
	@$(BIN)/python tools/total.py _build/tests/[1-3].xml

lab: $(READY)  ## open the notebooks in JupyterLab
	$(BIN)/jupyter-lab book

notebooks: $(READY)  ## run the notebooks and write their outputs into them
	$(BIN)/ruff format book
	$(BIN)/python tools/notebooks.py

bench: $(READY) .bench-venv/ready  ## compare with other libraries, side by side: some minutes on a quiet machine
	.bench-venv/bin/python benchmarks/run.py
	$(BIN)/python tools/notebooks.py benchmarks

vendor: $(READY)  ## fetch the scripts that the pages load or that test them, and check their sums
	$(BIN)/python tools/vendor.py

clean:  ## remove what was built, but not the environment in .venv
	rm -rf _build .coverage .pytest_cache .ruff_cache .hypothesis

# Made again only when the pins or the project change.
$(READY): requirements.txt pyproject.toml
	@$(BIN)/python -c '$(USABLE)' 2>/dev/null || { \
	    for python in $(PYTHON); do \
	        if $$python -c '$(USABLE)' 2>/dev/null; then break; fi; python=; \
	    done; \
	    test -n "$$python" || { \
	        echo "Python 3.11, 3.12 or 3.13 is needed, with its venv module; none found among: $(PYTHON)" >&2; \
	        exit 1; \
	    }; \
	    $$python -m venv --clear .venv; \
	}
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

# The other libraries are in an environment of their own.
.bench-venv/ready: benchmarks/requirements.txt pyproject.toml | $(READY)
	$(BIN)/python -m venv --clear .bench-venv
	.bench-venv/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch $@
