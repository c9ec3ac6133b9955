"""Streams of customers from where they stood to where they stand: of moves that were, and of those a policy would make."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from evergrove.charts import sankey
from evergrove.core import _
from evergrove.segments.codes import STAGES, TIERS, Cause
from evergrove.segments.sentences.words import CAUSE_WORDS
from evergrove.web.frame import Block, Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.api.transitions import Flow
    from evergrove.charts import Option
    from evergrove.web.frame import Reader

Stream = tuple[str, str, int]
"""Code before, code after, customers."""
NOWHERE = ""
NEW, GONE = _("Not there yet"), _("Without one")
QUESTIONS: Mapping[str, str] = {
    "tier": _("Who moved between the tiers?"),
    "stage": _("Who moved between the stages?"),
    "own_tier": _("Who moved between the tiers of your own policy?"),
}
ANSWER = _("{moves} {moves:move|moves}; most often because of this: {cause} ({count}).")
NOBODY = _("Nobody moved in these days, or nobody for this reason. Take more days, or any reason.")
NOTE = _(
    "Every run compares where each customer stood before and stands now; who moves twice counts twice. Only new orders or refunds and time passing start messages: what we changed ourselves writes to nobody."
)
PER_PLACE, LEAST = 46, 240
"""Pixels of a place, and of the whole chart."""


def placed(code: str | None, axis: str, reader: Reader, nowhere: str = NEW) -> str:
    """What a tier or stage is called; before the first placing there is none, nor after the last."""
    if not code:
        return reader.formats.say(nowhere)
    words = reader.words["stage" if axis == "stage" else "tier"]
    return words.get(code, code)


def flows_block(rows: Sequence[Flow], axis: str, reader: Reader, files: str) -> Block:
    """
    Moves of one axis: how many, mostly why, a picture and the table.

    Args:
        rows: As the API counts them.
        axis: tier, stage or own_tier.
        reader: Who reads it.
        files: Where the table can be had.
    """
    formats = reader.formats
    question = formats.say(QUESTIONS[axis])
    if not rows:
        return Block("flows", question, missing=formats.say(NOBODY))
    causes = Counter[str]()
    for each in rows:
        causes[each.cause] += each.customers
    cause, count = causes.most_common(1)[0]
    answer = formats.say(
        ANSWER,
        moves=formats.number(causes.total()),
        cause=formats.say(CAUSE_WORDS[Cause[cause.upper()]]),
        count=formats.number(count),
    )
    streams = [(each.from_ or NOWHERE, each.to or NOWHERE, each.customers) for each in rows]
    table = Table(
        (
            Column("from", formats.say(_("From"))),
            Column("to", formats.say(_("To"))),
            Column("cause", formats.say(_("Why"))),
            Column("customers", formats.say(_("Customers")), "number"),
        ),
        [
            (
                placed(each.from_, axis, reader),
                placed(each.to, axis, reader, GONE),
                formats.say(CAUSE_WORDS[Cause[each.cause.upper()]]),
                each.customers,
            )
            for each in rows
        ],
    )
    names = {code: placed(code, axis, reader) for stream in streams for code in stream[:2]}
    chart, height = drawn(streams, (names, names | {NOWHERE: formats.say(GONE)}), reader, answer)
    return Block("flows", question, answer, chart, height, table, note=formats.say(NOTE), files=files)


def drawn(
    streams: Sequence[Stream],
    names: tuple[Mapping[str, str], Mapping[str, str]],
    reader: Reader,
    answer: str,
    order: Sequence[str] = (),
) -> tuple[Option, int]:
    """
    The picture, and its height in pixels.

    Args:
        streams: Several of the same ends are added up.
        names: What each code is called before, and after.
        reader: Who reads it.
        answer: The sentence above it.
        order: Codes from the top; otherwise the usual tiers from high to low, or stages as one goes through them.
    """
    usual = [*order, *reversed(TIERS), *STAGES]
    codes = {code for stream in streams for code in stream[:2]}
    places = sorted(codes, key=lambda code: (usual.index(code) if code in usual else len(usual), code))
    counts = [[0] * len(places) for _place in places]
    for before, after, customers in streams:
        counts[places.index(before)][places.index(after)] += customers
    starts, ends = ([(code, each.get(code, code)) for code in places] for each in names)
    return sankey(starts, ends, counts, reader.formats, answer), max(LEAST, PER_PLACE * len(places))
