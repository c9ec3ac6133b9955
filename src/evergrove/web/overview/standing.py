"""How the base stands, as the API says it, and what a page says where nothing stands yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.api import overview as routes
from evergrove.core import InputError
from evergrove.report.words import names
from evergrove.web.frame import Refused, ask, page, reader_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from evergrove.api.overview import Overview
    from evergrove.core import EvergroveError
    from evergrove.http import Call
    from evergrove.text import Formats

NOTHING_YET = frozenset(("pipeline.nothing_published", "reading.no_overview"))
"""Codes of errors that are no fault: there was no run yet, or an earlier release made it."""


class NothingStands(Exception):
    """There is nothing to show yet; the cause says why."""

    def __init__(self, cause: EvergroveError) -> None:
        super().__init__(cause.code)
        self.cause = cause


@dataclass(frozen=True)
class Standing:
    """
    The newest run for one reader.

    Attributes:
        told: What GET /v1/overview answers.
        formats: The reader's language.
        words: Names of tiers, stages and playbooks; a policy's own tiers by their own names.
    """

    told: Overview
    formats: Formats
    words: dict[str, dict[str, str]]

    @property
    def cells(self) -> list[dict[str, Any]]:
        """Rows of the grid in which somebody stands."""
        return [row for row in self.told.grid["rows"] if row["customers"]]

    @property
    def figures(self) -> dict[str, Any]:
        """The answer as the report's sentences read it; cells that nobody stands in any more are left out."""
        told = self.told
        return {
            "customers": told.figures["customers"]["value"],
            "headline": told.figures,
            "grid": {"rows": self.cells},
            "tiers": told.tiers,
            "stages": told.stages,
        }


def standing(call: Call) -> Standing:
    """
    How the base stands.

    Raises:
        NothingStands: Nothing was published yet, or by an earlier release.
    """
    try:
        told = ask(call, routes.overview)
    except InputError as error:
        if error.code in NOTHING_YET:
            raise NothingStands(error) from error
        raise
    formats = reader_of(call).formats
    words = names(formats)
    own = told.lineage.tier_names.get(call.language, {})
    return Standing(told, formats, words | {"tier": words["tier"] | own})


def nothing_yet(call: Call, request: Request, active: str, title: str, error: NothingStands) -> Response:
    """The page in the place of which there is nothing yet: what it will show, and what brings it."""
    content = {"title": title, "refused": Refused.of(error.cause, call.language), "code": error.cause.code}
    return page(call, request, "overview/nothing_yet.html.j2", active=active, **content)
