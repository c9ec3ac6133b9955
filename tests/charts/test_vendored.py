"""Other people's files are shipped unchanged, with their licences."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from evergrove.charts import ECHARTS_VERSION, echarts_source

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(
    r"^\| (?P<name>[^|]+) \| (?P<version>[^|]+) \| [^|]+ \| (?P<path>src/[^|]+) \| (?P<sum>[0-9a-f]{64}) \|$",
    (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_the_list_names_every_vendored_script() -> None:
    """A script that nobody listed has no licence that anybody checked."""
    listed = {ROOT / path for _name, _version, path, _sum in ROWS}

    assert set((ROOT / "src").rglob("vendor/*.js")) == listed


@pytest.mark.parametrize(("name", "version", "path", "checksum"), ROWS)
def test_a_vendored_file_is_what_was_published(name: str, version: str, path: str, checksum: str) -> None:
    """The checksum is that of the package's own file."""
    assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == checksum, f"{name} {version}"


def test_licence_and_notice_stand_beside_the_library() -> None:
    """Apache-2.0 asks that both travel with the work; d3's licence asks the same."""
    vendor = ROOT / "src/evergrove/charts/vendor"

    assert "Apache License" in (vendor / "echarts.LICENSE.txt").read_text(encoding="utf-8")
    assert "Apache ECharts" in (vendor / "echarts.NOTICE.txt").read_text(encoding="utf-8")
    assert "Mike Bostock" in (vendor / "echarts.LICENSE-d3.txt").read_text(encoding="utf-8")


def test_the_library_can_stand_in_a_script_element() -> None:
    """It is inlined as it is, so nothing in it may end the element; and it is the version it says."""
    source = echarts_source()

    assert "</script" not in source.lower()
    assert "<!--" not in source
    assert f't.version="{ECHARTS_VERSION}"' in source
    assert "Licensed to the Apache Software Foundation" in source[:1000]
