"""The library's face: a dozen names, each loaded when first used, and all of them real."""

from __future__ import annotations

import subprocess
import sys

import pytest

import evergrove as eg


def test_the_table_of_names_and_the_public_names_are_the_same() -> None:
    """Every public name has a home, and every home is public."""
    assert sorted(eg._HOME) == sorted(eg.__all__)
    assert eg.__all__ == sorted(eg.__all__)


@pytest.mark.parametrize("name", eg.__all__)
def test_every_public_name_can_be_loaded(name: str) -> None:
    """A renamed class would leave a dead entry."""
    assert getattr(eg, name) is not None
    assert name in dir(eg)


def test_importing_loads_neither_numpy_nor_duckdb() -> None:
    """Importing costs nothing until a name is used."""
    code = "import sys, evergrove; print([m for m in ('numpy', 'duckdb', 'scipy', 'pyarrow') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error() -> None:
    """The builtin hasattr works, and a slip of the pen says what is missing."""
    with pytest.raises(AttributeError, match="BgNdb"):
        _ = eg.BgNdb
