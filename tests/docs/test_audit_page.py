"""The page on the audit trail: its commands are run as shown, and its script agrees with ours."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from evergrove.cli.main import cli
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")


def test_commands_and_script_of_the_page(
    decided_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command ends well in a workspace of two nights; the script prints the head that ours exports."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(copy_of(decided_workspace, tmp_path / "shop"))
    commands = re.findall(r"^\$ evergrove (.+)$", PAGE, flags=re.MULTILINE)
    assert len(commands) == 5

    for command in commands:
        done = CliRunner().invoke(cli, command.split())
        assert done.exit_code == 0, done.output

    script = PAGE.partition("```py\n")[2].partition("```")[0]
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=False)
    head = json.loads(Path("audit_head.json").read_text(encoding="ascii"))
    assert (ran.stdout.split(), ran.stderr) == ([str(head["seq"]), head["hash"]], "")
