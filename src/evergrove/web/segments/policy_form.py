"""A tier policy as a form: one row a tier, one column a criterion; and back into the document that the API takes."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from evergrove.core import InputError, _
from evergrove.segments.codes import TIERS
from evergrove.segments.tiers.documents import FORMAT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.text import Language
    from evergrove.web.frame import Form

CRITERIA: Mapping[str, str] = {
    "spend": _("Spend of 12 months"),
    "repeat_orders": _("Repeat orders of 12 months"),
    "average_order": _("Average order of 12 months"),
    "clv_12m": _("Value expected in 12 months"),
    "clv_total": _("Value so far and expected"),
}
COMBINATIONS: Mapping[str, str] = {
    "median": _("the middle one of the criteria decides"),
    "all": _("every criterion must reach it"),
    "spend_first": _("spend decides, one tier lower where no other criterion reaches it"),
    "predicted": _("what is expected decides; every such criterion must reach it"),
}
BOUNDS: Mapping[str, str] = {
    "fixed": _("as they are written here"),
    "quantiles": _("so that each tier has its share of customers"),
    "auto": _("as written where they fit the shop, otherwise by shares"),
}
QUANTILES = "quantiles"
FEWEST, MOST = 2, 6
USUAL: Mapping[int, tuple[str, ...]] = {
    2: ("low", "high"),
    3: ("low", "medium", "high"),
    4: TIERS,
    5: ("low", "medium", "potential", "high", "top"),
    6: ("low", "medium", "potential", "high", "top", "best"),
}
"""Keys to begin with, by how many tiers there are to be."""


class NotANumber(InputError):
    """A bound or a share is no number."""

    code = "web.no_number"
    message = _("{tier}: {text} is no number.")
    hint = _("Write digits, with a point for decimals: 1200.50")


@dataclass(frozen=True)
class Row:
    """
    A tier as it stands in the form.

    Attributes:
        key: As it is published.
        called: What the reader's language calls it; empty: as usual, or by its key.
        like: Which of the usual tiers it plays as.
        bounds: By criterion, as written; empty on the lowest.
        share: In per cent, as written.
    """

    key: str
    called: str
    like: str
    bounds: Mapping[str, str]
    share: str


@dataclass(frozen=True)
class Draft:
    """
    A policy as it stands in the form.

    Attributes:
        name: Of the policy.
        rows: The lowest first.
        criteria: Those that count.
        combine: How they make a tier.
        bounds: Whether as written, by shares, or as it fits.
    """

    name: str
    rows: Sequence[Row]
    criteria: Sequence[str]
    combine: str
    bounds: str


def draft_of(document: Mapping[str, Any], language: Language, tiers: int | None = None) -> Draft:
    """
    What the form begins with.

    Args:
        document: Of a policy.
        language: Of the reader.
        tiers: So many tiers, their bounds still empty; None: those of the document.
    """
    stated: Mapping[str, Any] = document["criteria"]
    known = {"repeat_orders" if name == "orders" else name: each for name, each in stated.items()}
    mode = QUANTILES if QUANTILES in known.values() else document.get("bounds", "fixed")
    combine = document["combine"] if document["combine"] in COMBINATIONS else "median"
    listed = document["tiers"]
    if tiers is not None and tiers != len(listed):
        rows = [Row(key, "", key if key in TIERS else "high", {}, "") for key in USUAL[tiers]]
        return Draft("own", rows, tuple(known), combine, mode)
    rows = [
        Row(
            each["key"],
            each["names"].get(language, ""),
            each["like"],
            {
                name: _written(bounds[place - 1])
                for name, bounds in known.items()
                if place and bounds != QUANTILES
            },
            _written(100 * document["shares"][place - 1]) if place and document.get("shares") else "",
        )
        for place, each in enumerate(listed)
    ]
    return Draft("own", rows, tuple(known), combine, mode)


def sent_draft(form: Form) -> Draft:
    """The form as it was sent."""
    count = min(max(_whole(form.text("tiers")), FEWEST), MOST)
    rows = [
        Row(
            form.text(f"key-{place}"),
            form.text(f"called-{place}"),
            form.text(f"like-{place}"),
            {name: form.text(f"{name}-{place}") for name in CRITERIA} if place else {},
            form.text(f"share-{place}"),
        )
        for place in range(count)
    ]
    criteria = tuple(name for name in CRITERIA if name in form.texts("by"))
    return Draft(form.text("name"), rows, criteria, form.text("combine"), form.text("bounds"))


def document_of(draft: Draft, language: Language, base: Mapping[str, Any]) -> dict[str, Any]:
    """
    The document that the form says; what cannot be used in it is told by the API.

    Args:
        draft: As it was sent.
        language: In which the tiers were named.
        base: The policy one began with: how slowly tiers change stays as there.

    Raises:
        NotANumber: A bound or a share is none.
    """
    above = draft.rows[1:]
    by_shares = draft.bounds == QUANTILES
    criteria: dict[str, Any] = {
        name: QUANTILES if by_shares else [_number(row.bounds.get(name, ""), row) for row in above]
        for name in draft.criteria
    }
    document: dict[str, Any] = {
        "format": FORMAT,
        "name": draft.name,
        "tiers": [_tier(row, language, base) for row in draft.rows],
        "criteria": criteria,
        "bounds": "auto" if draft.bounds == "auto" else "fixed",
        "combine": draft.combine,
        "hysteresis": dict(base["hysteresis"]),
    }
    if draft.bounds != "fixed":
        document["shares"] = [round(_number(row.share, row) / 100, 10) for row in above]
    return document


def _tier(row: Row, language: Language, base: Mapping[str, Any]) -> dict[str, Any]:
    names = next((dict(each["names"]) for each in base["tiers"] if each["key"] == row.key), {})
    names.pop(language, None)
    return {"key": row.key, "like": row.like, "names": names | ({language: row.called} if row.called else {})}


def _number(text: str, row: Row) -> float:
    try:
        found = float(text.replace(",", "").replace("，", ""))
    except ValueError as error:
        raise NotANumber(tier=row.key, text=text or "–") from error
    if not isfinite(found):
        raise NotANumber(tier=row.key, text=text)
    return found


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("100") else 0


def _written(value: float) -> str:
    return f"{round(value, 6):.6f}".rstrip("0").rstrip(".")
