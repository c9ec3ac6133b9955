"""Where the champions of a back-test are found: in a file beside the results, or in the workspace."""

from __future__ import annotations

import json
from dataclasses import dataclass
from os.path import relpath
from typing import TYPE_CHECKING, Any

from evergrove.core import InputError, Sentence, _
from evergrove.scoring.champions import (
    ChampionsLeftAside,
    check_recent,
    check_same_shop,
    read_champions,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.core import EvergroveWarning
    from evergrove.customers import CustomerBase
    from evergrove.pipeline.types import ValueRequest
    from evergrove.scoring.champions import Champions
    from evergrove.warehouse import Warehouse

FOLDER = "evergrove-backtest"
"""Where ``evergrove backtest`` writes when nobody says otherwise."""
FILE = "champions.json"
PAGE = "back-test.html"
BACKTEST = "backtest"
"""Kind of the snapshot that keeps the champions of a workspace."""
EVIDENCE = "backtest_evidence"
"""Kind of the snapshot that keeps everything such a back-test found; that of the champions names it."""


class NoChampions(InputError):
    """A file of champions was named and is none."""

    code = "pipeline.no_champions"
    message = _("{file} holds no champions of a back-test.")
    hint = _("Name the folder that evergrove backtest wrote, or its champions.json.")


@dataclass(frozen=True)
class Heard:
    """
    Champions that scores listen to.

    Attributes:
        champions: None without any that can be used.
        file: Which they were read from; None in a workspace.
        warnings: Why a back-test that is there is not listened to.
    """

    champions: Champions | None = None
    file: Path | None = None
    warnings: tuple[EvergroveWarning, ...] = ()

    def page(self, out: Path) -> str:
        """The page of the back-test as seen from a folder of results; "" where there is none."""
        page = None if self.file is None else self.file.parent / PAGE
        return relpath(page, out) if page is not None and page.exists() else ""


def champions_for(request: ValueRequest, base: CustomerBase) -> Heard:
    """
    The champions that a request names, else those that lie beside its results.

    Args:
        request: With "auto"; a model that was named has no champion beside it.
        base: The customers.

    Raises:
        InputError: The file that was named cannot be used; one that only lies there is left aside with a warning.
    """
    if request.model != "auto":
        return Heard()
    if request.champions is not None:
        named = request.champions
        file = named / FILE if named.is_dir() else named
        return Heard(_checked(file, base), file)
    file = request.out.absolute().parent / FOLDER / FILE
    if not file.exists():
        return Heard()
    try:
        return Heard(_checked(file, base), file)
    except InputError as error:
        why = Sentence(error.code, error.message, error.params)
        return Heard(warnings=(ChampionsLeftAside(file=str(file), reason=why),))


def _checked(file: Path, base: CustomerBase) -> Champions:
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NoChampions(file=str(file)) from error
    if not isinstance(stored, dict):
        raise NoChampions(file=str(file))
    champions = read_champions(stored)
    check_recent(champions, base.observation_end)
    check_same_shop(champions, base)
    return champions


def keep_champions(
    connection: Connection,
    warehouse: Warehouse,
    document: Mapping[str, Any],
    evidence: Mapping[str, Any],
    as_of: date,
) -> None:
    """
    Keep a workspace's own back-test: champions for its runs, which hear those before them no longer, and evidence.

    The evidence has a snapshot to itself: runs read the champions every night, and people the evidence now and then.
    """
    found = warehouse.publish(
        connection, (), kind=EVIDENCE, as_of=as_of, details={"evidence": dict(evidence)}
    )
    details = {"champions": dict(document), "evidence": found.id}
    warehouse.publish(connection, (), kind=BACKTEST, as_of=as_of, details=details)


def champions_here(warehouse: Warehouse, as_of: date) -> Champions | None:
    """
    The champions of a workspace's last back-test; None where it is too old for a day, or knew later orders.

    Those that another version of Evergrove wrote in a form of its own are left aside too: a night waits for nobody.

    Args:
        warehouse: Of the workspace.
        as_of: The day of the run.
    """
    last = warehouse.newest(BACKTEST)
    if last is None:
        return None
    try:
        champions = read_champions(last.details["champions"])
        check_recent(champions, as_of)
    except InputError:
        return None
    return champions
