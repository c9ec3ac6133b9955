"""The page of the first client: its script runs, as it stands there, against a service with live value."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.serving import serving

from evergrove.app import open_workspace
from evergrove.live import rows
from evergrove.testing.workspaces import copy_of

PAGE = Path(__file__).parents[2] / "docs" / "first-client.md"
CUSTOMER = "C000041"


@pytest.mark.slow
def test_twenty_lines_tell_of_an_order_and_read_the_value_after_it(
    begun_on_sqlite: tuple[Path, str], tmp_path: Path
) -> None:
    """The value that it prints is one that the night before did not know."""
    (script,) = re.findall(r"```py\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert sum(bool(line.strip()) for line in script.splitlines()) <= 20
    client, workspace = tmp_path / "first_client.py", copy_of(begun_on_sqlite[0], tmp_path / "workspace")
    client.write_text(script, encoding="utf-8")
    with serving(workspace, tmp_path / "serve.log", scopes=["events.write", "customers.read"]) as service:
        done = subprocess.run(
            [sys.executable, str(client), service.address, service.key, CUSTOMER],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr + (tmp_path / "serve.log").read_text()
    value, tier, sentence = done.stdout.splitlines()
    with open_workspace(workspace) as here, here.ledger.reading() as connection:
        row = rows(connection, [CUSTOMER])[CUSTOMER]
        assert (float(value), tier) == (row.scores["clv_12m"], row.tiers["tier"])
    assert sentence.endswith(".")
