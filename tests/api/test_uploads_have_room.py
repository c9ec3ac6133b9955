"""Files that are sent take so much in all and leave so much of the disk; what nobody ends is deleted."""

from __future__ import annotations

import os
import time
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from evergrove.app import asked
from evergrove.pipeline.inbox import expire_uploads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pytest

    from evergrove.testing.house import House

MB = 1_000_000
ROW = b"A1,u1,2026-07-01,10\n"
HEAD = b"order_id,customer_id,order_date,amount\n"
Disk = namedtuple("Disk", ["total", "used", "free"])  # noqa: PYI024 - as shutil.disk_usage answers


def sized(megabytes: float, mark: bytes = b"") -> bytes:
    """A file of about that length; another mark makes it another file."""
    return HEAD + mark + ROW * int(megabytes * MB / len(ROW))


def parts(house: House) -> list[Path]:
    """Unfinished files."""
    return list((house.here.folder / "inbox").glob(".*.part"))


def test_files_take_so_much_together_and_the_refusal_says_the_way_out(
    opening: Callable[..., AbstractContextManager[House]],
) -> None:
    """Told beforehand or not; nothing of the refused one is left, and with room again it comes in."""
    with opening(server={"uploads_mb": "2", "disk_reserve_mb": "0"}) as house:
        client = house.client()
        first = client.post("/v1/imports", content=sized(1.5))
        assert first.status_code == 202

        def unmeasured() -> Iterator[bytes]:
            yield from (sized(0.5), sized(0.9))

        refused = [
            client.post("/v1/imports", content=sized(1, b"x")),
            client.post("/v1/imports", content=sized(3, b"y")),
        ]

        assert [(each.status_code, each.json()["code"]) for each in refused] == [
            (507, "app.uploads_full")
        ] * 2
        assert "uploads_mb" in refused[0].json()["hint"]
        assert parts(house) == []
        for path in (house.here.folder / "inbox").glob("upload-*"):
            path.unlink()
        assert client.post("/v1/imports", content=unmeasured()).status_code == 202


def test_what_did_not_say_how_long_it_is_is_stopped_on_its_way(
    opening: Callable[..., AbstractContextManager[House]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked again every few megabytes."""
    monkeypatch.setattr(asked, "STEP", MB)
    with opening(server={"uploads_mb": "2", "disk_reserve_mb": "0"}) as house:
        endless = house.client().post("/v1/imports", content=(sized(0.5) for _each in range(20)))

        assert (endless.status_code, endless.json()["code"]) == (507, "app.uploads_full")
        assert parts(house) == []


def test_some_of_the_disk_stays_free(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full stops the ledger, and with it everything."""
    monkeypatch.setattr(
        "evergrove.app.room.shutil.disk_usage", lambda _path: Disk(10**12, 0, 512 * MB + 10_000)
    )

    assert house.client().post("/v1/imports", content=sized(0.005)).status_code == 202
    refused = house.client().post("/v1/imports", content=sized(0.05))

    assert (refused.status_code, refused.json()["code"]) == (507, "app.disk_reserved")
    assert "disk_reserve_mb" in refused.json()["hint"]


def test_parts_that_nobody_ends_are_deleted(house: House) -> None:
    """Of a process that was killed: each night, and before anybody is refused for lack of room."""
    folder, client = house.here.folder / "inbox", house.client()
    assert client.post("/v1/imports", content=sized(0.001)).status_code == 202
    old, fresh, other = (folder / name for name in (f".{'a' * 32}.part", f".{'b' * 32}.part", "copied.part"))
    for path in (old, fresh, other):
        path.write_bytes(b"x")
    for path in (old, other):
        os.utime(path, (time.time() - 3 * 3600,) * 2)

    assert client.post("/v1/imports", content=sized(0.002)).status_code == 202
    assert [path.exists() for path in (old, fresh, other)] == [False, True, True]

    expire_uploads(house.here.folder, datetime.now(UTC) + timedelta(hours=25))
    assert [path.exists() for path in (fresh, other)] == [False, True]
