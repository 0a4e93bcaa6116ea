# The project's commands. On Windows, without make, README.md gives the same in PowerShell.
UV := $(shell command -v uv 2>/dev/null || echo .cache/tools/bin/uv)
PY := .venv/bin/python
export QT_LOGGING_RULES ?= qt.qpa.*=false

.PHONY: setup run test check bench shots clean

setup: .venv/.ready                      ## make the environment (compiles llama.cpp once, about 7 minutes on 2 cores)

.venv/.ready: uv.lock pyproject.toml | $(UV)
	@sh .ci/system-packages
	@# First from uv's cache alone: asked over the network, uv may compile llama.cpp again although it has the wheel.
	$(UV) sync --frozen --compile-bytecode --offline 2>/dev/null || $(UV) sync --frozen --compile-bytecode
	@touch $@

.cache/tools/bin/uv:
	python3 -m venv .cache/tools && .cache/tools/bin/pip install --quiet uv

run: setup                               ## open the window (without a display: one question in the terminal)
	@.venv/bin/slmdesk $(ARGS)

test: setup                              ## all tests, headless
	QT_QPA_PLATFORM=offscreen $(PY) -m pytest $(ARGS)

check: setup                             ## linters and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: setup                             ## speed, as ratios against a baseline of the same run
	QT_QPA_PLATFORM=offscreen $(PY) -m tests.benchmarks $(ARGS)

shots: setup                             ## the README's pictures, from the real window
	sh .ci/with-display $(PY) -m tests.e2e.shots resources/screenshots

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache build dist
