"""What an error says on a page: its place in words, and a way out that a page has, where the terminal names a command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evergrove.core import Sentence, _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.core import EvergroveError

PLACE = re.compile(r"([1-9]\d*):([1-9]\d*)")
"""Line and column in a condition, both from 1, as its errors tell them in ``where``."""
IN_ONE_LINE = _("At character {column}")
IN_LINES = _("Line {line}, character {column}")

_PEOPLE = _("Settings, People shows everybody, gives roles and makes links for new passwords.")
_JOBS = _("Settings, Jobs lists them all.")
_JOB = _("Settings, Jobs shows how far it is.")
_BACKUP = _("Settings, Health and backup makes one.")
_NIGHTLY = _("A run deletes them: let it run every night, or start one under Models, Runs.")
_RUN = _("Start a run under Models, Runs.")
_BACK_TEST = _("Judge the models anew under Models, Back-tests.")
_RATES = _("They count as soon as a rate comes in: Data, Exchange rates.")
_ONE_COPY = _("Make sure that no other copy is at work, and confirm it under Settings, Health and backup.")
_OFFERED = _("Did you mean {near}? The field offers all of them while one writes.")

WAYS_OUT: Mapping[str, str] = {
    "access.account_exists": _PEOPLE,
    "access.invited_meanwhile": _PEOPLE,
    "access.last_admin": _("Give somebody else the role first: Settings, People."),
    "access.link_unusable": _("An administrator makes a new one: Settings, People."),
    "access.no_such_account": _PEOPLE,
    "access.no_such_key": _("Settings, Keys shows them all."),
    "access.right_missing": _("Roles {roles} have it. An administrator gives roles: Settings, People."),
    "ingest.columns_new": _("Data shows with each file what is taken of them."),
    "ingest.no_buyer": _(
        "Its lines still tell of articles and months: choose order lines as its table. If a column "
        "does name the buyer, say which."
    ),
    "ingest.waiting_for_rates": _RATES,
    "jobs.already_queued": _JOB,
    "jobs.already_settled": _JOBS,
    "jobs.given_up": _("Settings, Jobs says why, and runs them again."),
    "jobs.lease_lost": _("Nothing is to be done: Settings, Jobs shows how the other worker fares."),
    "jobs.not_retryable": _("To have the same work done once more, start it anew: Settings, Jobs."),
    "jobs.unknown": _JOBS,
    "live.differs": _("The next run puts all of them right; Models, Runs starts one."),
    "outbox.not_paused": _("What people have stopped goes on under Outreach."),
    "outbox.paused": _ONE_COPY,
    "outbox.restored": _ONE_COPY,
    "pipeline.backup_gone": _(
        "If it was moved to a safe place, all is well; else make a new one under Settings, Health and backup."
    ),
    "pipeline.backup_overdue": _(
        "Make one now under Settings, Health and backup, and find out why none came since."
    ),
    "pipeline.inbox_stuck": _("Data says of each of them what is wrong."),
    "pipeline.never_backed_up": _(
        "Settings, Health and backup makes one; the key to personal data is not in it and needs a copy of its own."
    ),
    "pipeline.no_orders_yet": _("Bring some in first: Data."),
    "pipeline.nothing_grouped": _("Store one under Segments, then start a run under Models, Runs."),
    "pipeline.nothing_published": _RUN,
    "pipeline.nothing_told": _(
        "It is made of costs, spend, events, order lines and the like: bring such a file in under Data."
    ),
    "pipeline.rejects_overdue": _NIGHTLY,
    "pipeline.retention_due": _NIGHTLY,
    "pipeline.runs_go_forward": _(
        "Name a day that is not earlier, or none. What was published then stands in the list of runs."
    ),
    "reading.no_overview": _RUN,
    "scoring.champion_not_held": _BACK_TEST,
    "scoring.champions_left_aside": _BACK_TEST,
    "scoring.champions_of_another_shop": _BACK_TEST,
    "scoring.champions_too_old": _BACK_TEST,
    "scoring.costs_partly_known": _(
        "Bring in costs of the others under Data: costs, or order lines and products."
    ),
    "scoring.costs_wait_for_rates": _RATES,
    "segments.policy_unreadable": _("Begin with one of the policies that this page offers."),
    "segments.unknown_field": _OFFERED,
    "segments.unknown_function": _OFFERED,
}
"""By the code of the error whose own hint names a command; fields are those of the error."""


def way_out(code: str, hint: str) -> str:
    """The hint of an error as pages give it, still to be translated; its own where that names no command."""
    return WAYS_OUT.get(code, hint)


def told(error: EvergroveError) -> tuple[Sentence, Sentence]:
    """
    What is wrong and the way out, as pages say them.

    Args:
        error: One that a page has met. Where it names a place in a condition, the place is put into words.
    """
    params = {**error.params}
    place = PLACE.fullmatch(str(params.get("where", "")))
    if place is not None:
        line, column = int(place[1]), int(place[2])
        text = IN_ONE_LINE if line == 1 else IN_LINES
        params["where"] = Sentence("web.place", text, {"line": line, "column": column})
    return (
        Sentence(error.code, error.message, params),
        Sentence(error.code, way_out(error.code, error.hint), params),
    )
