"""Where facts and results are computed: DuckDB over named statements."""

from evergrove.warehouse.engine import (
    Engine,
    StatementFailed,
    identifier,
    literal,
    memory_for,
    open_engine,
    statement,
)

__all__ = ["Engine", "StatementFailed", "identifier", "literal", "memory_for", "open_engine", "statement"]
