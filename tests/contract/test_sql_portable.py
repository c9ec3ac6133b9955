"""The contract of every statement in the package: one query, named, and sayable in Spark's words."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from sqlglot import ErrorLevel, exp

import evergrove

PACKAGE = Path(evergrove.__file__).parent
STATEMENTS = sorted(PACKAGE.glob("*/sql/*.sql"))


@pytest.mark.parametrize("path", STATEMENTS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_statement_is_one_portable_query(path: Path) -> None:
    """One query a file, named in its first line, transpiled to Spark without anything unsupported."""
    text = path.read_text(encoding="utf-8")

    assert text.startswith(f"-- {path.stem} --\n")
    (query,) = sqlglot.parse(text, read="duckdb")
    assert isinstance(query, exp.Query)
    assert query.sql(dialect="spark", unsupported_level=ErrorLevel.RAISE)


@pytest.mark.parametrize("path", STATEMENTS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_statement_names_its_sources_only(path: Path) -> None:
    """Files are scanned by adapters: a statement selects from named tables and views."""
    (query,) = sqlglot.parse(path.read_text(encoding="utf-8"), read="duckdb")
    assert query is not None

    functions = {
        node.this.lower() for node in query.find_all(exp.Anonymous) if isinstance(node.this, str)
    } | {node.sql_name().lower() for node in query.find_all(exp.Func)}
    assert not {name for name in functions if name.startswith(("read_", "scan_", "parquet", "glob"))}


def test_there_are_statements() -> None:
    """The folders are where they are looked for."""
    assert len(STATEMENTS) > 20
