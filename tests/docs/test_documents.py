"""What the documents show is what happens: their code runs, their commands exist, their links lead somewhere."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import warnings
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evergrove.cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def blocks(path: Path, language: str) -> list[str]:
    """The code blocks of one language in a document."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if blocks(p, "python")], ids=lambda p: p.name)
def test_python_in_a_document_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Blocks of one document run one after the other; a comment behind a print is what it prints.

    They stand beside the demo's files.
    """
    from evergrove.simulation import ShopOptions, simulate_shop, write_orders

    shop = tmp_path / "evergrove-demo" / "shop"
    shop.mkdir(parents=True)
    write_orders(simulate_shop(ShopOptions(customers=1_000)), shop / "orders.csv")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks(path, "python"):
        printed = io.StringIO()
        with redirect_stdout(printed), warnings.catch_warnings():
            exec(compile(block, str(path), "exec"), names)  # noqa: S102 -- that is the test
        promised = re.findall(r"^print\(.*\)  # (.+)$", block, flags=re.MULTILINE)
        assert printed.getvalue().splitlines()[: len(promised)] == promised


VERBS_ALONE = {"coupon"}
"""Commands whose own page lists their verbs only."""


@cache
def help_of(*command: str) -> str:
    """What a command prints of itself."""
    done = CliRunner().invoke(cli, [*command, "--help"])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if blocks(p, "console")], ids=lambda p: p.name)
def test_commands_in_a_document_exist(path: Path) -> None:
    """Every make target and every option of a shown command is real."""
    from evergrove.cli.commands import COMMANDS

    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = set(COMMANDS)
    for line in (line for block in blocks(path, "console") for line in block.splitlines()):
        words = line.removeprefix("$ ").split()
        if words[0] == "make":
            assert words[1] in makefile
        elif words[0].endswith("evergrove"):
            assert words[1] in known
            helped = help_of(*words[1 : 3 if words[1] in VERBS_ALONE else 2])
            for option in (word for word in words if word.startswith("-")):
                assert option in helped, f"{path.name}: {line}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    """A moved document is noticed."""
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_the_reference_pages_say_what_the_code_declares() -> None:
    """Columns, settings and codes are written by ``make reference`` and never by hand."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "reference.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
