"""Messages as a CSV file for another system to fetch: one a run, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import secrets
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from evergrove.core import flush_folder, reason_of
from evergrove.delivery.channels.base import ChannelBase
from evergrove.delivery.channels.errors import ChannelAway, ChannelNotSetUp, FolderUnusable
from evergrove.delivery.types import Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.delivery.errors import AccountProblem
    from evergrove.delivery.types import Outgoing
    from evergrove.settings import FileSettings

COLUMNS = (
    "message",
    "customer_id",
    "playbook",
    "version",
    "occasion",
    "step",
    "category",
    "template",
    "language",
    "coupon",
    "params",
)
AT_ONCE = 500
"""Messages a round: the file is written anew with each, and so many at most are unknown after a crash."""
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
"""With which a cell begins that a spreadsheet would take for a formula."""


class FolderChannel(ChannelBase):
    """One file a run; a round that is in the file when it has been renamed into its place counts as sent."""

    name = "file"

    def __init__(self, settings: FileSettings) -> None:
        """
        Nothing is written yet.

        Raises:
            ChannelNotSetUp: No folder is named.
            FolderUnusable: There is none, or it cannot be written to.
        """
        if not settings.folder:
            raise ChannelNotSetUp(channel=self.name, name="folder", section="file")
        self._folder = Path(settings.folder)
        if not self._folder.is_dir() or not os.access(self._folder, os.W_OK | os.X_OK):
            reason = reason_of(NotADirectoryError() if not self._folder.is_dir() else PermissionError())
            raise FolderUnusable(channel=self.name, folder=settings.folder, reason=reason)
        self._rows: list[tuple[str, ...]] = []
        self._path: Path | None = None

    @property
    def width(self) -> int:
        """Messages a round."""
        return AT_ONCE

    def deliver(self, letters: Sequence[Outgoing], /) -> list[Receipt | AccountProblem]:
        """Write the run's file anew, with these messages in it."""
        rows = [*self._rows, *(_row(each) for each in letters)]
        path = self._path or self._named(letters[0])
        try:
            _write(path, rows)
        except OSError as error:
            problem = ChannelAway(channel=self.name, reason=reason_of(error))
            return [problem for _letter in letters]
        self._rows, self._path = rows, path
        return [Receipt("accepted", provider_id=path.name) for _letter in letters]

    def close(self) -> None:
        """The next run gets a file of its own."""
        self._rows, self._path = [], None

    def _named(self, first: Outgoing) -> Path:
        moment = f"{first.sent_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        return self._folder / f"messages-{moment}-{secrets.token_hex(4)}.csv"


def _row(letter: Outgoing) -> tuple[str, ...]:
    message = letter.message
    params = json.dumps(dict(message.params), ensure_ascii=False, sort_keys=True)
    told = (
        letter.outbox_id,
        message.customer_id,
        message.playbook,
        message.version,
        message.occasion,
        message.step,
        message.category,
        message.template,
        letter.language,
        message.params.get("coupon", ""),
        params,
    )
    return tuple(_safe(str(each)) for each in told)


def _safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; the apostrophe is the spreadsheets' own mark of a text."""
    return f"'{text}" if _FORMULA.match(text) else text


def _write(path: Path, rows: Sequence[tuple[str, ...]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([COLUMNS, *rows])
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            file.write(out.getvalue())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    flush_folder(path.parent)
