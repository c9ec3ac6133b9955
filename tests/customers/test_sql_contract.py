"""Every statement of this station can be said in Spark's words."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from sqlglot import ErrorLevel, exp

import evergrove.customers

FOLDER = Path(evergrove.customers.__file__).parent / "sql"
STATEMENTS = sorted(FOLDER.glob("*.sql"))


@pytest.mark.parametrize("path", STATEMENTS, ids=lambda path: path.stem)
def test_a_statement_is_one_portable_query(path: Path) -> None:
    """One query a file, named in its first line, with nothing that Spark lacks."""
    text = path.read_text(encoding="utf-8")

    assert text.startswith(f"-- {path.stem} --\n")
    (query,) = sqlglot.parse(text, read="duckdb")
    assert isinstance(query, exp.Query)
    assert query.sql(dialect="spark", unsupported_level=ErrorLevel.RAISE)


def test_there_are_statements() -> None:
    """The folder is where it is looked for."""
    assert len(STATEMENTS) > 10
