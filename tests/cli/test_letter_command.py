"""``evergrove letter``: list, show, preview and add, and the whole letter that the documentation shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from evergrove.app.creation import create_workspace
from evergrove.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., Result]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "templates.md"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """``evergrove letter`` in an empty workspace; the page's letter lies beside it."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "EVERGROVE_HOME"):
        monkeypatch.delenv(name, raising=False)
    chosen = {"value": {"currency": "CNY", "timezone": "Asia/Shanghai"}}
    folder = tmp_path / "shop"
    create_workspace(folder, chosen=chosen, key_file=tmp_path / "keys" / "key")
    monkeypatch.chdir(tmp_path)
    found = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    Path("spring-news.toml").write_text(found.group(1), encoding="utf-8")
    return lambda *words: CliRunner().invoke(cli, ["letter", *map(str, words), "-w", str(folder)])


def test_the_letter_of_the_documentation_is_kept_shown_and_previewed(shop: Command) -> None:
    """As the page says; a second time it is no new version."""
    added = shop("add", "spring-news.toml")
    assert added.exit_code == 0, added.output
    assert "spring-news is kept as version 1" in added.output
    assert "nothing changed" in shop("add", "spring-news.toml").output

    seen = shop("preview", "spring-news", "--html", "look.html").output
    assert "Spring, and a cotton bag for you" in seen
    assert "\n\nHello Ada,\n\nIt is spring, also for Tea." in seen  # line by line, as it is read
    assert "Reply STOP to opt out" in seen
    assert "<!--[if mso" in Path("look.html").read_text(encoding="utf-8")
    assert "下一单随单附上a cotton bag" in shop("preview", "spring-news", "--lang", "zh-CN").output
    assert json.loads(shop("show", "spring-news").output)["name"] == "spring-news"
    shown = shop("show", "spring-news", "--json")
    assert json.loads(shown.stdout)["words"]["zh-Hans"]["platforms"]["wechat"]["template_id"] == "TPL-1042"
    listed = shop("list").output
    assert "spring-news" in listed
    assert "churned-last" in listed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show",), "Which letter to show is not said"),
        (("show", "no-such"), "There is no letter no-such"),
        (("add", "missing.toml"), "cannot be read as a letter"),
        (("add", "broken.toml"), "cannot be read as a letter"),
        (("add", "bad.toml"), "line 2: there is no value nmae"),
        (("preview", "new-thanks", "--version", "4"), "There is no letter new-thanks 4"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_way_out(
    shop: Command, words: tuple[str, ...], said: str
) -> None:
    """Nothing is kept, and the exit code is that of bad input."""
    Path("broken.toml").write_text("format = ", encoding="utf-8")
    bad = Path("spring-news.toml").read_text(encoding="utf-8").replace("{{ greeting }}", "a\n{{ nmae }}", 1)
    Path("bad.toml").write_text(bad.replace('body = """\na', 'body = """a'), encoding="utf-8")
    done = shop(*words)
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
