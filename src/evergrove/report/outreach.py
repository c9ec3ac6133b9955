"""The part of the page that says what was done and what it earned; absent where nothing was done."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evergrove import charts
from evergrove.charts.outreach import FATES
from evergrove.core import _
from evergrove.measurement.words import said, verdict, what
from evergrove.report.earned import NOT_YET, finding, unbroken
from evergrove.report.health_block import health_block
from evergrove.report.outreach_flows import flow_block
from evergrove.report.page import Block, Finding, Outreach, table
from evergrove.text.formats import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.measurement.words import Said
    from evergrove.report.page import Table
    from evergrove.report.types import Figures
    from evergrove.text import Formats

Names = dict[str, dict[str, str]]
FATE_OF: Mapping[str, str] = {
    "accepted": "left",
    "awaiting_staff": "left",
    "delivered": "left",
    "complained": "left",
    "attempting": "unsure",
    "unknown": "unsure",
    "failed": "failed",
    "bounced": "failed",
    "queued": "waiting",
    "claimed": "waiting",
    "skipped": "stopped",
    "expired": "stopped",
}
TITLE = _("What was done and what it earned")
LEAD = _("Customers are compared in the groups that chance put them into, whatever reached them.")
SINCE = _("From {first} to {last}.")
QUESTION_EFFECT = _("What did it earn?")
BASIS: Mapping[str, str] = {
    "revenue": _("Counted is revenue, net of refunds, because no margin is set."),
    "margin": _("Counted is gross margin, net of refunds."),
}
READING = _("A bar that crosses the line at 0 leaves open whether there is an effect at all.")
EFFECT_ROWS = (
    _("Treated customers"),
    _("Control customers"),
    _("A treated customer brought"),
    _("A control customer brought"),
    _("Difference"),
    _("Lower end"),
    _("Upper end"),
    _("True effect"),
    _("Orders, treated"),
    _("Orders, control"),
    _("Messages"),
    _("Their cost"),
)
SENT = _(
    "{left} {left:message was|messages were} sent; {control} {control:was|were} kept back so that there is a control group, and {stopped} {stopped:was|were} stopped."
)
NO_MESSAGES = _("No message has been decided yet.")
WHY_NOT = _("Why the others were not sent:")
REASON = _("{reason}: {messages}.")
OTHER = _("Other reasons")
FAIR = _(
    "Yes: the groups of {comparisons} {comparisons:comparison|comparisons} have the sizes they were meant to have."
)
UNFAIR = _(
    "No: {unfair} of {comparisons} {comparisons:comparison|comparisons} {unfair:has|have} groups of the wrong size."
)
FAIR_COLUMNS = (
    _("Playbook"),
    _("Treated customers"),
    _("Control customers"),
    _("Planned control share"),
    _("Actual control share"),
    _("p"),
)
FAIR_READING = _(
    "p is how often chance alone would put the sizes at least as far apart. Below 0.001 something else did, and no figure of that row is to be trusted."
)


def outreach_part(section: Figures, names: Names, formats: Formats) -> Outreach:
    """
    The whole part.

    Args:
        section: As ``outreach_figures`` gives it, or as read back from JSON.
        names: Of tiers and stages.
        formats: The reader's language.
    """
    told = [
        (result, said(result, _name(section, result["playbook"]), formats)) for result in section["measured"]
    ]
    head = told[0] if told else None  # the programme, where there is a control group for it
    answer = unbroken(head[1].answer) if head else formats.say(NOT_YET)
    tiers = names["tier"] | section.get("tier_names", {}).get(formats.language, {})
    return Outreach(
        title=formats.say(TITLE),
        lead=formats.sentences(_days(section, formats), formats.say(LEAD)),
        question=formats.say(QUESTION_EFFECT),
        answer=answer,
        note=unbroken(formats.sentences(*head[1].notes)) if head else "",
        findings=tuple(_finding(result, words, head[0]) for result, words in told[1:]) if head else (),
        blocks=tuple(
            block
            for block in (
                _effects(section, answer, formats),
                _fair(section, formats),
                _sends(section, formats),
                _board(section, formats),
                flow_block(section, "tier", tiers, formats),
                flow_block(section, "stage", names["stage"], formats),
                health_block(section, names["stage"], formats),
            )
            if block is not None
        ),
    )


def _board(section: Figures, formats: Formats) -> Block | None:
    """The targets of the newest month; sections that were written before there was a board have none."""
    if not section.get("targets"):
        return None
    from evergrove.report.review.targets import targets_block  # noqa: PLC0415 - a report of files has no board

    return targets_block(section["targets"], formats)


def _days(section: Figures, formats: Formats) -> str:
    """From the first night to the newest; nothing where they are one."""
    if section["first_day"] in {None, section["as_of"]}:
        return ""
    return formats.say(SINCE, first=formats.day(section["first_day"]), last=formats.day(section["as_of"]))


def _finding(result: Figures, words: Said, head: Figures) -> Finding:
    """One playbook; that its window is as incomplete as the programme's was said already."""
    window = "" if result["complete"] == head["complete"] else words.window
    return finding(replace(words, window=window))


def _name(section: Figures, key: str) -> str:
    name: str = section["playbooks"].get(key, {}).get("name") or key
    return name


def _effects(section: Figures, answer: str, formats: Formats) -> Block | None:
    """The intervals side by side; the sentences stand above them."""
    results = section["measured"]
    drawn = [
        {
            "what": what(result, _name(section, result["playbook"]), formats),
            "true": result["true_effect"],
            "trusted": verdict(result) != "mistrusted",
            **{name: result["margin"][name] for name in ("effect", "low", "high")},
        }
        for result in results
        if result["margin"] is not None
    ]
    if not results:
        return None
    return Block(
        "outreach_effects",
        formats.say(_("How much is it per customer?")),
        "",
        charts.effects(drawn, formats, answer) if drawn else None,
        84 + 54 * len(drawn),
        _effect_table(section, formats),
        note=formats.sentences(
            formats.say(BASIS[results[0]["basis"]]), formats.say(READING) if drawn else ""
        ),
        definitions=("outreach_effect", "outreach_interval", "outreach_window"),
    )


def _effect_table(section: Figures, formats: Formats) -> Table:
    """A column for each playbook: there are more figures than playbooks."""
    columns = []
    for result in section["measured"]:
        margin = result["margin"] or {}
        amounts = (result["mean_treated"], result["mean_control"])
        bounds = (margin.get("effect"), margin.get("low"), margin.get("high"), result["true_effect"])
        columns.append(
            (
                formats.number(result["people_treated"]),
                formats.number(result["people_control"]),
                *(formats.money(amount) for amount in (*amounts, *bounds)),
                formats.number(result["orders_treated"], 2),
                formats.number(result["orders_control"], 2),
                formats.number(result["messages"]),
                formats.money(result["cost"]),
            )
        )
    heading = [what(result, _name(section, result["playbook"]), formats) for result in section["measured"]]
    rows = [
        (formats.say(title), *cells)
        for title, cells in zip(EFFECT_ROWS, zip(*columns, strict=True), strict=True)
        if any(cell != NOTHING for cell in cells)
    ]
    return table([formats.say(_("Per customer")), *heading], rows)


def _fair(section: Figures, formats: Formats) -> Block | None:
    """Whether the groups have the sizes that the coin should have given them; it stands before any belief."""
    results = section["measured"]
    if not results:
        return None
    wrong = [result for result in results if not result["trustworthy"]]
    counts = {"comparisons": formats.number(len(results)), "unfair": formats.number(len(wrong))}
    rows = [
        (
            what(result, _name(section, result["playbook"]), formats),
            formats.number(result["people_treated"]),
            formats.number(result["people_control"]),
            formats.percent(result["planned_control"]),
            formats.percent(result["people_control"] / (result["people_control"] + result["people_treated"])),
            formats.p_value(result["srm_p"]),
        )
        for result in results
    ]
    return Block(
        "outreach_fair",
        formats.say(_("Was the comparison fair?")),
        formats.say(UNFAIR if wrong else FAIR, **counts),
        table=replace(table([formats.say(title) for title in FAIR_COLUMNS], rows), stacked=True),
        note=formats.say(FAIR_READING),
        definitions=("outreach_control",),
    )


def _sends(section: Figures, formats: Formats) -> Block:
    """What became of every message that was decided."""
    question = formats.say(_("What was sent?"))
    by_playbook: dict[str, Counter[str]] = defaultdict(Counter)
    for row in section["sends"]:
        fate = "control" if row["arm"] == "control" else FATE_OF[row["state"]]
        by_playbook[row["playbook"]][fate] += row["messages"]
    if not by_playbook:
        return Block("outreach_sends", question, formats.say(NO_MESSAGES))
    totals = sum(by_playbook.values(), Counter())
    answer = formats.say(
        SENT, **{fate: formats.number(totals[fate]) for fate in ("left", "control", "stopped")}
    )
    rows: list[dict[str, Any]] = [
        {"what": formats.say(_name(section, key)), **{fate: counts[fate] for fate in FATES}}
        for key, counts in by_playbook.items()
    ]
    used = [fate for fate in FATES if totals[fate]]
    titles = [formats.say(_("Playbook")), *(formats.say(FATES[fate][0]) for fate in used)]
    return Block(
        "outreach_sends",
        question,
        answer,
        charts.messages(rows, formats, answer),
        96 + 48 * len(rows),
        table(titles, [(row["what"], *(formats.number(row[fate]) for fate in used)) for row in rows]),
        note=_reasons(section["sends"], formats),
        definitions=("outreach_messages",),
    )


def _reasons(sends: Sequence[Figures], formats: Formats) -> str:
    """Why messages were stopped, the most frequent reason first."""
    found: Counter[str] = Counter()
    for row in sends:
        if row["arm"] != "control" and FATE_OF[row["state"]] in {"stopped", "failed"}:
            words = formats.say(row["words"]) if row["words"] else formats.say(OTHER)
            found[words.rstrip(".。")] += row["messages"]
    if not found:
        return ""
    written = [
        formats.say(REASON, reason=words, messages=formats.number(count))
        for words, count in found.most_common()
    ]
    return formats.sentences(formats.say(WHY_NOT), *written)
