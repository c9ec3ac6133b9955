"""The notebook runs from its first cell to its last, and prints the published figures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

if TYPE_CHECKING:
    from collections.abc import Callable

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "notebooks" / "cdnow_to_clv.ipynb"
PLOTS = 4


def read(path: Path) -> Any:
    """A notebook as the format's own library reads it."""
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def outputs(shared: Callable[[str], Path]) -> list[Any]:
    """What every cell has put out, in order."""
    notebook: Any = read(NOTEBOOK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDNOW", str(shared("clv/cdnow_sample.csv")))
        patch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def printed(outputs: list[Any]) -> str:
    """Everything that was printed."""
    return "".join(each.text for each in outputs if each.output_type == "stream" and each.name == "stdout")


@pytest.mark.slow
def test_the_notebook_prints_what_is_published(outputs: list[Any]) -> None:
    """CDNOW: 2,357 customers, 2,457 repeats, Pareto/NBD's four letters and its likelihood (models.md F02)."""
    text = printed(outputs)

    assert "2,357 customers, 2,457 repeat purchases" in text
    letters = {
        name: float(value) for name, value in re.findall(r"^(\w+) +(\d+\.\d+)  \+-", text, re.MULTILINE)
    }
    assert letters == pytest.approx(
        {"r": 0.55328, "alpha": 10.57768, "s": 0.60624, "beta": 11.66873}, rel=1e-3
    )
    assert "log-likelihood -9,594.976" in text


@pytest.mark.slow
def test_the_notebook_shows_its_plots_and_intervals(outputs: list[Any]) -> None:
    """Four frames; bounds in order; a table of the most valuable with their bounds."""
    frames = [
        o for o in outputs if o.output_type == "execute_result" and "<iframe" in o.data.get("text/html", "")
    ]
    bounds = re.search(r"All customers: ([\d,]+) \(([\d,]+) to ([\d,]+)\)", printed(outputs))

    assert len(frames) == PLOTS
    assert bounds
    estimate, low, high = (float(figure.replace(",", "")) for figure in bounds.groups())
    assert 0 < low < estimate < high
    assert "probably bring nothing" in printed(outputs)


def test_the_notebook_is_kept_without_outputs() -> None:
    """Outputs are made by whoever runs it; old ones would outlive the code."""
    notebook: Any = read(NOTEBOOK)

    assert not [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
