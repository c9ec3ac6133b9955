"""The page on operations lists every figure and every field of the log as the code has them, and its alerts name what there is."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from evergrove.server.logs import FIELDS
from evergrove.server.metrics import FAMILIES
from evergrove.settings import load_settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
PARTS = {"_bucket", "_count", "_sum"}


def between(mark: str) -> list[str]:
    """Rows of the table between two comments."""
    text = PAGE.read_text(encoding="utf-8")
    _before, _begin, rest = text.partition(f"<!-- {mark} -->\n")
    return rest.partition(f"\n<!-- /{mark} -->")[0].splitlines()[2:]


def test_every_figure_is_on_the_page() -> None:
    """Name, kind, labels and sentence, in the order of the list."""
    assert between("metrics") == [
        f"| `{f.name}` | {f.kind} | {', '.join(f.labels) or '-'} | {f.sentence} |" for f in FAMILIES
    ]


def test_every_field_of_the_log_is_on_the_page() -> None:
    """With what it says."""
    assert between("fields") == [f"| `{name}` | {sentence} |" for name, sentence in FIELDS.items()]


def test_alerts_ask_for_figures_that_there_are() -> None:
    """By a name of the list, with labels that it has."""
    text = PAGE.read_text(encoding="utf-8").partition("## Figures")[0]
    labels = {family.name: set(family.labels) for family in FAMILIES}
    found = re.findall(r"(evergrove_[a-z_]+)(?:\{([^}]*)\})?", text)
    assert found
    for series, given in found:
        name = next((series.removesuffix(part) for part in PARTS if series.endswith(part)), series)
        assert {each.partition("=")[0].rstrip("~") for each in given.split(",") if each} <= labels[name], (
            series
        )


def test_the_settings_shown_are_settings(tmp_path: Path) -> None:
    """And the line that is shown has fields of the list."""
    text = PAGE.read_text(encoding="utf-8")
    shown = "\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL))
    (tmp_path / "evergrove.toml").write_text(shown, encoding="utf-8")
    (line,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)

    settings, wanted = load_settings(tmp_path / "evergrove.toml", {}), tomllib.loads(shown)
    assert settings.logs.slow_ms == wanted["logs"]["slow_ms"]
    assert settings.workspace.ledger == wanted["workspace"]["ledger"]
    assert json.loads(line).keys() <= FIELDS.keys()
