# Two commands do everything: `make demo` and `make test`. The logic is in dev.py, so that a machine
# without make can run `python3 dev.py demo`.
PYTHON ?= python3

.PHONY: demo test prove lock lint benchmarks messages reference
demo test prove lock lint benchmarks messages reference:
	@$(PYTHON) dev.py $@
