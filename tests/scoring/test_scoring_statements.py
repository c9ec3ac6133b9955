"""Scoring's statements run on the other engine too."""

from importlib.resources import files

import pytest
import sqlglot
from sqlglot import ErrorLevel

STATEMENTS = sorted(
    path.name for path in files("evergrove.scoring").joinpath("sql").iterdir() if path.name.endswith(".sql")
)


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_can_be_put_into_sparks_dialect(name: str) -> None:
    """One query a file, with nothing that Spark does not know."""
    text = files("evergrove.scoring").joinpath("sql", name).read_text(encoding="utf-8")

    found = sqlglot.transpile(text, read="duckdb", write="spark", unsupported_level=ErrorLevel.RAISE)

    assert len(found) == 1
    assert text.startswith(f"-- {name.removesuffix('.sql')} --\n")
