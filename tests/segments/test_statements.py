"""Every statement of this station can be said in Spark's words."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from sqlglot import ErrorLevel, exp

import evergrove.segments

STATEMENTS = sorted((Path(evergrove.segments.__file__).parent / "sql").glob("*.sql"))


@pytest.mark.parametrize("path", STATEMENTS, ids=lambda path: path.stem)
def test_a_statement_is_one_portable_query(path: Path) -> None:
    """One query a file, named in its first line, with nothing that Spark lacks."""
    text = path.read_text(encoding="utf-8")

    assert text.startswith(f"-- {path.stem} --\n")
    (query,) = sqlglot.parse(text, read="duckdb")
    assert isinstance(query, exp.Query)
    assert query.sql(dialect="spark", unsupported_level=ErrorLevel.RAISE)


def test_there_are_two_of_them() -> None:
    """The folder is where it is looked for."""
    assert [path.stem for path in STATEMENTS] == ["gaps", "silence_at_origin"]
