# `make demo` and `make test` work from an empty checkout with Python 3.10 or later and a C++17 compiler.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
MODEL := test/models/mobilenet_v2_100_224.mlir
OUT := build/demo

.PHONY: demo test clean

demo: $(VENV)/ready
	mkdir -p $(OUT)
	$(BIN)/l2opt plan $(MODEL) --l2=2MB --json $(OUT)/plan.json --plot $(OUT)/plan.svg
	$(BIN)/l2opt plan $(MODEL) --l2=512KB --no-what-if --plot $(OUT)/plan_512KB.svg
	$(BIN)/l2opt-opt $(MODEL) --pack-l2=2MB -o $(OUT)/packed.mlir
	$(BIN)/l2opt check $(OUT)/packed.mlir
	@echo "written: $(OUT)/packed.mlir, $(OUT)/plan.json, $(OUT)/plan.svg, $(OUT)/plan_512KB.svg"

test: $(VENV)/ready
	$(BIN)/pytest -q -n auto

# An editable install: Python sources are seen as they are, and only these files ask for a new one.
$(VENV)/ready: pyproject.toml CMakeLists.txt $(wildcard solver/*)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[test]'
	touch $@

clean:
	rm -rf $(VENV) build
