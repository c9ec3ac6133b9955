"""The ten lines at the end: what the base is worth, who is leaving, the tiers, where the files are."""

from __future__ import annotations

from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from evergrove.core import _, fill
from evergrove.ingest.reasons import REASONS
from evergrove.segments import Tier
from evergrove.segments.sentences.words import CRITERION_WORDS, TIER_WORDS
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.cli.terminal import Terminal
    from evergrove.pipeline import ValueOutcome

STALE_DAYS = 30
REASONS_SHOWN = 3  # the rest stands in rejects.csv and on the page
LEAVING = ("decline", "churned")
TOO_FEW = _("too few orders for the top tier")
HEARD = _("The back-test as of {as_of} was heard; the report says who was best for what, and who is used.")
COLUMNS = _("Columns: {columns} ({encoding}).")
BESIDE = _(
    "{file}, {table}: {read} {read:row|rows} read = {good} good + {rejected} rejected + {duplicate} duplicate."
)
BASIS_WORDS = {"revenue": _("revenue"), "margin": _("margin"), "net_profit": _("net profit")}


def print_outcome(terminal: Terminal, outcome: ValueOutcome, today: date) -> None:
    """Print what was found, on one screen; then what a reader should know."""
    figures = outcome.figures
    translate = translator(terminal.language)
    for template, params in (
        *_reading(figures, today, translate),
        *_worth(figures, translate),
        *_files(outcome),
    ):
        terminal.say(fill(translate(template), params))
    for warning in outcome.warnings:
        terminal.warn(warning)


Line = tuple[str, dict[str, object]]


def _reading(figures: dict[str, Any], today: date, translate: Callable[[str], str]) -> list[Line]:
    """What was read, and as what."""
    lines: list[Line] = []
    as_of = date.fromisoformat(figures["as_of"])
    if (today - as_of).days > STALE_DAYS:
        stale = _("As of {as_of}, {days} {days:day|days} ago: everything below is seen from that day.")
        lines.append((stale, {"as_of": as_of, "days": (today - as_of).days}))
    rows = figures["rows"]
    lines.append((_("Rows: {read} read = {good} good + {rejected} rejected + {duplicate} duplicate."), rows))
    lines += [
        (_("Rejected {rows}: {reason}"), {"rows": r["rows"], "reason": translate(REASONS[r["code"]])})
        for r in sorted(figures["rejected"], key=lambda r: -r["rows"])[:REASONS_SHOWN]
        if r["code"] in REASONS
    ]
    lines += [(BESIDE, each | {"file": PurePath(each["file"]).name}) for each in figures.get("beside", ())]
    lines += [
        (
            COLUMNS,
            {
                "columns": translate(_(", ")).join(
                    matched(m["role"], m["column"], m["confidence"]) for m in group
                ),
                "encoding": figures["encodings"].get(file, ""),
            },
        )
        for file, group in _mappings(figures).items()
    ]
    base = _(
        "{customers} {customers:customer|customers}, {orders} {orders:order|orders}, net {amount} from {first} to {last}."
    )
    if figures["net_amount"] is None:
        base = _(
            "{customers} {customers:customer|customers}, {orders} {orders:order|orders} from {first} to {last}, without amounts."
        )
    what = {
        "customers": figures["customers"],
        "orders": figures["orders"],
        "amount": _money(figures["net_amount"], figures),
        "first": figures["first_date"],
        "last": min(figures["last_date"], figures["as_of"]),  # later orders are in the data, but not counted
    }
    return [*lines, (base, what)]


def _mappings(figures: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Column matches by file; one group where all files match alike."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for match in figures["mapping"]:
        groups.setdefault(match["file"], []).append(match)
    alike = {tuple((m["role"], m["column"]) for m in group) for group in groups.values()}
    return dict(list(groups.items())[:1]) if len(alike) == 1 else groups


def matched(role: str, column: str, confidence: float) -> str:
    """Which column was taken for what, and how sure that is."""
    return f"{role} = {column} ({confidence:.0%})"


def _worth(figures: dict[str, Any], translate: Callable[[str], str]) -> list[Line]:
    """What the base is worth, who is leaving, the tiers, and how far to believe it."""
    headline = figures["headline"]
    worth, lost = headline["value_at_stake"], headline["value_likely_lost"]
    lines: list[Line] = []
    if worth["value"] is None:
        lines.append((_("Value in the next 12 months: cannot be given; the notes below say why."), {}))
    else:
        lines.append(
            (
                _(
                    "Value in the next 12 months ({basis}): {value}{interval}; {average} a customer on average."
                ),
                {
                    "basis": translate(BASIS_WORDS[figures["basis"]]),
                    "value": _money(worth["value"], figures),
                    "interval": _interval(worth, figures),
                    "average": _money(headline["average_clv_12m"]["value"], figures),
                },
            )
        )
    stages = {row["stage"]: row["customers"] for row in figures["stages"]["rows"]}
    leaving = {name: stages.get(name, 0) for name in LEAVING}
    if lost["value"] is None:
        lines.append(
            (
                _("Leaving: {decline} {decline:customer|customers} in decline, {churned} churned."),
                dict(leaving),
            )
        )
    else:
        sentence = _(
            "Leaving: {decline} {decline:customer|customers} in decline, {churned} churned; value likely lost {lost}."
        )
        lines.append((sentence, leaving | {"lost": _money(lost["value"], figures)}))
    tiers = [row for row in figures["tiers"]["rows"] if row["tier"] is not None]
    if any(row["customers"] for row in tiers):
        shown = translate(_(", ")).join(_tier(row, translate) for row in tiers)
        lines.append((_("Tiers: {tiers} (share of the next 12 months' value)."), {"tiers": shown}))
    return [*lines, *_model(figures)]


def _tier(row: dict[str, Any], translate: Callable[[str], str]) -> str:
    share = "-" if row["clv_12m_share"] is None else f"{row['clv_12m_share']:.0%}"
    return f"{translate(TIER_WORDS[Tier[row['tier'].upper()]])} {row['customers']:,} ({share})"


def _model(figures: dict[str, Any]) -> list[Line]:
    model, judged = figures["model"], figures["back_test"]
    if not model["name"]:
        return []
    heard: list[Line] = []
    if model.get("champions"):
        heard = [(HEARD, {"as_of": model["champions"]["as_of"]})]
    if not judged:
        return [(_("Model: {model}."), {"model": model["name"]}), *heard]
    chosen = judged["judged"][0]
    return [
        (
            _(
                "Model: {model}; held back {days} {days:day|days}, it forecast {forecast} {forecast:purchase|purchases} by the customers already known; {actual} came ({bias})."
            ),
            {
                "model": model["name"],
                "days": (date.fromisoformat(judged["until"]) - date.fromisoformat(judged["origin"])).days,
                "forecast": round(chosen["purchases"]),
                "actual": round(judged["purchases"]),
                "bias": f"{chosen['bias']:+.1%}",
            },
        ),
        *heard,
    ]


def _files(outcome: ValueOutcome) -> list[Line]:
    """Where everything is."""
    files = outcome.figures["files"]
    lists = [name for name in files if name.startswith("lists/") and name.endswith(".csv")]
    lines: list[Line] = []
    if "report.html" in files:
        lines.append((_("Report: {file}"), {"file": str(outcome.out / "report.html")}))
    if lists:
        where = {"count": len(lists), "folder": str(outcome.out / "lists")}
        lines.append((_("Lists to work through, most valuable first: {count} in {folder}"), where))
    lines.append((_("All customers: {file}"), {"file": str(outcome.out / "customers.parquet")}))
    return lines


def print_tiers(terminal: Terminal, outcome: ValueOutcome) -> None:
    """Print the bounds in use, and how many customers of each tier which criteria decided."""
    tiers, translate = outcome.figures["tiers"], translator(terminal.language)
    if not tiers["bounds"]:
        return
    names = ("high", "potential", "medium")
    words = {tier.name.lower(): translate(word) for tier, word in TIER_WORDS.items()}
    named = {criterion.name.lower(): word for criterion, word in CRITERION_WORDS.items()}
    criteria = {name: translate(word) for name, word in named.items() if name in tiers["bounds"]}
    rows = [("", *(words[name] for name in names))]
    for key, word in criteria.items():
        bounds = tiers["bounds"][key]
        rows.append((word, *("-" if bounds[n] is None else f"{bounds[n]:,.2f}" for n in names)))
    terminal.table(translate(_("Lower bounds of the tiers")), rows)
    decided = [
        (
            words[tier],
            f"{customers:,}",
            translate(_(", ")).join(criteria.get(c, translate(TOO_FEW)) for c in key.split("+")),
        )
        for tier, counts in tiers["decided_by"].items()
        for key, customers in counts.items()
    ]
    terminal.table(translate(_("Customers by tier and by the criteria that decided it")), decided)


def _money(value: float | str | None, figures: dict[str, Any]) -> str:
    """An amount as a terminal shows it: whole above a hundred, with its currency where declared."""
    if value is None:
        return "-"
    amount = float(value)
    text = f"{amount:,.0f}" if abs(amount) >= 100 else f"{amount:,.2f}"
    return f"{figures['currency']} {text}".strip()


def _interval(worth: dict[str, Any], figures: dict[str, Any]) -> str:
    if worth["low"] is None or worth["high"] is None:
        return ""
    return f" ({worth['level']:.0%}: {_money(worth['low'], figures)} - {_money(worth['high'], figures)})"
