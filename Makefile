# Two commands from a fresh clone, with Python 3.11, 3.12, 3.13 or 3.14, make and git:
#   make book    build the book into _build/html, from the outputs that the notebooks store
#   make test    run every test: of the package, the notebooks and the built site
# Each sets up .venv first, if need be. `make help` lists the rest.

PY = .venv/bin/python
SETUP = @PYTHON="$(PYTHON)" sh tools/setup.sh
SETUP_SITE = $(SETUP) site
BUILD = .venv/bin/jupyter-book build . -nW --keep-going --all
ALONE = $(PY) tools/alone.py
# A file of tests, and a notebook, stays with one process. The longest files start first, so that
# no process is left with one of them at the end.
IN_PARALLEL = -n auto --dist loadscope --no-loadscope-reorder
NBVAL = --nbval --nbval-current-env --nbval-sanitize-with tests/book/scripts.cfg
TESTS = tests/site tests/package book translations tests/release
AS_A_FORK = BOOK_REPOSITORY=teacher/fork-of-lessons BOOK_BRANCH=main BOOK_NOTEBOOKS=notebooks \
	BOOK_ADDRESS=https://teacher.github.io/fork-of-lessons/
IN_ONE_PIECE = $(if $(filter output-sync,$(.FEATURES)),--output-sync) # not in the make of macOS

# The same outputs on every machine: no settings from outside, one thread a process. Bytecode is
# stored, for many processes import the same modules.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONDONTWRITEBYTECODE SITE
export IPYTHONDIR := $(CURDIR)/.venv/ipython
export MPLCONFIGDIR := $(CURDIR)/.venv/matplotlib
export KERAS_HOME := $(CURDIR)/.venv/keras
export JUPYTER_PREFER_ENV_PATH := 1
export OMP_NUM_THREADS := 1
export PYTHONUTF8 := 1
export PYDEVD_DISABLE_FILE_VALIDATION := 1

.PHONY: help book book-itself preview test test-itself test-style test-files test-site check-part translation languages wheel lanes processors mutants lab binder bench serve pdf slides bundle student lighthouse cells watch-lane audit reproducible faults planted outputs lock clean

help:
	@grep -E '^[a-z-]+:.* ## ' Makefile | sed 's/:.* ## /\t/'

book: ## build the book from nothing into _build/html, and check that it is complete
	$(SETUP_SITE)
	@$(ALONE) book $(MAKE) --no-print-directory book-itself

book-itself:
	@rm -rf _build/html _build/.doctrees _build/jupyter_execute
	$(BUILD)
	SITE=_build/html $(PY) -m pytest -q tests/site/test_complete.py
	@echo "The book is in _build/html. 'make serve' shows it in your browser."

preview: ## build what has changed since the last preview, and say which page to look at
	$(SETUP_SITE)
	@$(ALONE) preview $(PY) tools/preview.py

test: ## every test: style, types, package, notebooks, and the site as a fork would publish it
	$(SETUP)
	@$(ALONE) test $(MAKE) --no-print-directory test-itself

test-itself:
	@$(MAKE) --no-print-directory --jobs=2 $(IN_ONE_PIECE) test-style test-site test-files
	$(PY) -m pytest $(IN_PARALLEL) $(NBVAL) $(TESTS)

test-style:
	@$(PY) tools/browser.py
	@$(PY) tools/browser.py firefox
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

check-part: ## try some chapters alone: build and test, and name the sentences to change (PART="1 4")
	$(SETUP)
	BUILD="$(BUILD)" $(PY) tools/part.py $(PART)

# The notebooks as files: the tests that need no site, beside the build of one.
test-files: test-style
	$(PY) -m pytest tests/book

test-site:
	@rm -rf _build/test
	$(AS_A_FORK) $(BUILD) --path-output _build/test

translation: ## build the book in another language, as a fork in it (LANGUAGE=de)
	$(SETUP_SITE)
	$(PY) tools/translation.py $(LANGUAGE)

languages: ## bring the tables of phrases up to date, compile them, count what is missing (LANGUAGE=fr CHAPTERS=...)
	$(SETUP_SITE)
	$(PY) tools/languages.py $(LANGUAGE) $(CHAPTERS)

wheel: ## build wheel and sdist into _build/dist; test the wheel alone, with NumPy and no more
	$(SETUP)
	.venv/bin/nox -s "package-$$($(PY) -c 'import sys; print("%d.%d" % sys.version_info[:2])')(numpy='newest')"

lanes: ## the same with each supported Python found here, its oldest and newest NumPy, and numba
	$(SETUP)
	.venv/bin/nox -s package compiled

processors: ## the package's tests and the notebooks with what older x86 processors can do, and no more
	$(SETUP)
	$(PY) tools/processor.py avx2 $(PY) -m pytest $(IN_PARALLEL) $(NBVAL) tests/package book
	$(PY) tools/processor.py sse $(PY) -m pytest $(IN_PARALLEL) $(NBVAL) tests/package book

mutants: ## break the package in small ways, one at a time; list what no test notices (NAMES=...)
	$(SETUP)
	$(PY) tools/mutants.py $(NAMES)

serve: ## show the built book on this machine (PORT=8000)
	$(SETUP_SITE)
	@test -f _build/html/index.html || $(MAKE) book
	@$(PY) tools/serve.py $(PORT)

pdf: ## print the built book as a PDF, which its front page then links to (PAPER=Letter)
	$(SETUP)
	@test -f _build/html/index.html || $(MAKE) book
	@$(PY) tools/pdf.py $(PAPER)

slides: ## make slides of chapters (PAGE="softmax attention"), or of all, in the built book's folder slides
	$(SETUP)
	@test -f _build/html/index.html || $(MAKE) book
	@$(PY) tools/slides.py $(PAGE)

bundle: ## pack the built book with its starter into one zip, for machines without a network
	$(SETUP_SITE)
	@test -f _build/html/index.html || $(MAKE) book
	@$(PY) tools/bundle.py

lab: ## run every notebook in JupyterLab, in a browser, and name what goes wrong (NOTEBOOKS=...)
	$(SETUP)
	@$(PY) tools/lab.py $(NOTEBOOKS)

binder: ## rehearse what Binder does with the last commit, without Docker (NOTEBOOKS=...)
	$(SETUP)
	@$(PY) tools/binder.py $(NOTEBOOKS)

bench: ## speed, memory and accuracy beside the peers; writes _build/benchmarks.json and a page's table
	$(SETUP)
	$(PY) -m benchmarks

student: ## make the notebooks without solutions, to hand out, and a teacher's copy with them
	$(SETUP_SITE)
	@test -f _build/html/index.html || $(MAKE) book
	@$(PY) tools/student.py

lighthouse: ## measure the built book's pages on a slow phone, when nothing else runs (PAGES=...)
	$(SETUP_SITE)
	@test -f _build/html/index.html || $(MAKE) book
	@$(PY) tools/lighthouse.py $(PAGES)

cells: ## run the cells of every page, and judge all submissions, in the browser
	$(SETUP)
	@$(MAKE) --no-print-directory test-site
	EVERY_PAGE=1 $(PY) -m pytest tests/site/test_cells.py -k "every_cell or every_exercise"

watch-lane: ## run watch on models of transformers, timm and torchvision, with each PyTorch
	$(SETUP)
	.venv/bin/nox -s watch

audit: ## secrets in the files, faults in the workflows, known vulnerabilities of what is pinned
	$(SETUP)
	$(PY) tools/audit.py

reproducible: ## build the book twice, in two folders, and list the files that differ
	$(SETUP_SITE)
	$(PY) tools/reproducible.py $(BUILD)

faults: ## try what happens to people: interruptions, a full disk, odd folders ... (NAMES=...)
	$(SETUP)
	$(PY) tools/faults.py $(NAMES)

planted: ## plant faults in copies of the tree, one at a time; name those that stay green (NAMES=...)
	$(SETUP)
	BUILD="$(BUILD)" $(PY) tools/planted.py $(NAMES)

outputs: ## run the notebooks (NOTEBOOKS=...) and store what they print
	$(SETUP)
	$(PY) tools/run_notebooks.py $(NOTEBOOKS)

lock: ## pin every dependency again in requirements.txt (UPGRADE=1 takes the newest)
	$(SETUP)
	$(PY) tools/lock.py $(if $(UPGRADE),--upgrade)

clean: ## remove what was built; .venv stays
	rm -rf _build build .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
