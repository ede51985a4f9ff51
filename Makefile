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

.PHONY: help serve book student pdf check test portable lab notebooks bench mutation vendor clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile | expand -t 20

serve: $(READY)  ## build the book and serve it, with cells that run, on http://127.0.0.1:8000 (PORT=8001 for another port)
	@$(BIN)/python tools/serve.py $(PORT) $(MAKE) --no-print-directory book

# It is built beside the site, so that a build that fails leaves the last good one standing. Pages that
# failed are not read again by the next build, so what it made is thrown away; and a fresh build throws
# all away, since a listing of a source is written again only when that source has changed.
NEXT := _build/next/_build
book: $(READY)  ## build the book in _build/html, warnings are errors
	@$(if $(FRESH),rm -rf $(NEXT)/html)
	@$(BIN)/jupyter-book build . --path-output _build/next -W -n --keep-going $(FRESH) || { rm -rf $(NEXT)/.doctrees $(NEXT)/html; exit 1; }
	@rm -rf _build/html && cp -R $(NEXT)/html _build/html

# From a copy: what is not in it can be in nothing that is built.
CLASS := _build/student
student: $(READY)  ## the book without its solutions, for a class, in _build/student/html
	@rm -rf $(CLASS)/next/_build/html
	@$(BIN)/python tools/student.py $(CLASS)/course
	@PYTHONPATH="$(CURDIR)/$(CLASS)/course" $(BIN)/jupyter-book build $(CLASS)/course --path-output $(CLASS)/next -W -n --keep-going --all
	@rm -rf $(CLASS)/html && cp -R $(CLASS)/next/_build/html $(CLASS)/html

pdf: book  ## the book on paper, _build/gradient-course.pdf, printed by Chromium or Chrome
	@$(BIN)/python tools/pdf.py _build/html _build/gradient-course.pdf

check: $(READY)  ## the quick one: style, import rules, the tests of what changed since the last commit
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n auto -m "not timed" --nbval $$($(BIN)/python tools/changed.py)

# The lines of the package are counted where its own tests run. The book's run without that, at twice
# the pace; and those of mutants stop endless loops by an exception, which coverage does not survive
# when it comes in the midst of its own work.
OF_THE_BOOK := tests/chapters tests/repository

# Side by side: a notebook stays with one worker, neighbouring tests mostly do.
test: $(READY)  ## everything: ruff, tests, doctests, notebooks, the book, its pages in a browser
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not timed" tests companion --ignore=tests/pages $(OF_THE_BOOK:%=--ignore=%) --cov --junit-xml=_build/tests/1.xml
	$(BIN)/python -m pytest -q -n auto --dist loadscope --nbval book $(OF_THE_BOOK) --junit-xml=_build/tests/2.xml
	$(MAKE) --no-print-directory book FRESH=--all
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not timed" tests/pages --junit-xml=_build/tests/3.xml
	$(BIN)/python -m pytest -q -m timed $$(grep -rlw mark.timed --include='*.py' tests) --junit-xml=_build/tests/4.xml
	@$(BIN)/python tools/total.py _build/tests/[1-4].xml

portable: $(READY)  ## a table: tests and notebooks on other kernels, threads, Pythons, numpy (ROWS=Haswell for one)
	@$(BIN)/python tools/portable.py $(ROWS)

lab: $(READY)  ## open a copy of the notebooks in JupyterLab, in my-course/: your answers stay when the course changes
	@$(BIN)/python tools/lab.py

notebooks: $(READY)  ## run the notebooks and write their outputs into them
	$(BIN)/ruff format book
	$(BIN)/python tools/notebooks.py

bench: $(READY) .bench-venv/ready  ## compare with other libraries, side by side: some minutes on a quiet machine
	.bench-venv/bin/python benchmarks/at_work.py
	.bench-venv/bin/python benchmarks/run.py
	.bench-venv/bin/python benchmarks/rows.py
	$(BIN)/python tools/notebooks.py benchmarks

mutation: .mutation-venv/ready  ## break the numerics at 400 places, and see which tests notice: about an hour
	.mutation-venv/bin/python tools/mutation.py $(SEED)

vendor: $(READY)  ## fetch the font of the pages and the script that tests them, and check their sums
	$(BIN)/python tools/vendor.py

clean:  ## remove what was built, but not the environment in .venv
	rm -rf _build .mutation .coverage .pytest_cache .ruff_cache .hypothesis

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
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	@touch $@

# The other libraries are in an environment of their own, and so is what breaks the code.
.bench-venv/ready: benchmarks/requirements.txt pyproject.toml | $(READY)
	$(BIN)/python -m venv --clear .bench-venv
	.bench-venv/bin/python -m pip install --disable-pip-version-check -r benchmarks/requirements.txt
	@touch $@

.mutation-venv/ready: tools/mutation-requirements.txt pyproject.toml | $(READY)
	$(BIN)/python -m venv --clear .mutation-venv
	.mutation-venv/bin/python -m pip install --disable-pip-version-check -r tools/mutation-requirements.txt
	@touch $@
