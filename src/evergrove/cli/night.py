"""What a night found and did, in words and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from evergrove.cli.reasons import counted
from evergrove.core import _
from evergrove.decisions import OUTCOME_WORDS
from evergrove.report.checklist_block import TITLES, checklist_answer, checklist_rows
from evergrove.report.words import BASES, MODELS
from evergrove.segments.codes import AXES, CAUSES, STAGES, TIERS, Axis, Cause, Stage, Tier
from evergrove.segments.sentences.own_tiers import tier_word, tier_words
from evergrove.segments.sentences.words import AXIS_WORDS, CAUSE_WORDS, STAGE_WORDS, TIER_WORDS
from evergrove.segments.states.flaps import LONG_DAYS
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.cli.terminal import Terminal
    from evergrove.decisions import Action
    from evergrove.pipeline import RunOutcome

VALUED = _("{customers} {customers:customer|customers} valued as of {as_of} ({model}).")
REFIT = _("{customers} {customers:customer|customers} valued as of {as_of} ({model}, fitted anew).")
NO_MODEL = _(
    "{customers} {customers:customer|customers} placed as of {as_of}; the history is too short for a purchase model, so nothing is forecast."
)
MEANS = _("Value means {basis}.")
READINESS = _("Are the data ready?")
LEFT_OUT = _(
    "Left out of every figure here: {count} {count:customer|customers}. {reason} Their orders stay in the facts."
)
ADOPTED = _("Tiers go by the policy {name}, version {version}, which was adopted.")
UNDOUBTED = _(
    "No model says how likely a customer is to keep a tier: {checks} {checks:check|checks} and {days} {days:day|days} alone let tiers fall."
)
FLAPS = _(
    "Moves between tiers: {tonight} tonight, {moves} in the last {days} {days:day|days}; {flaps} of these went back to the tier before within {within} {within:day|days}."
)
NOTHING_NEW = _("Nothing has changed since the run as of {as_of}: nothing was done.")
WRITTEN = _(
    "{queued} {queued:message|messages} to send, {virtual} withheld from controls, {taken_back} taken back."
)
WOULD = _(
    "Would be sent: {count} {count:message|messages}, {cost} in all with the coupons expected to be used"
)
NOBODY = _("No message would be sent.")
MORE = _("  {count} more; --json lists them all.")
DRY = _("This was a dry run: nothing was stored.")
SHOWN = 20
"""Lines of a dry run on the terminal; --json has them all."""
OF_AXIS = {
    "tier": {name: TIER_WORDS[Tier(code)] for code, name in enumerate(TIERS)},
    "stage": {name: STAGE_WORDS[Stage(code)] for code, name in enumerate(STAGES)},
}
"""Axis -> name of a tier or a stage -> its words."""
AXES_SAID = {name: AXIS_WORDS[Axis(code)] for code, name in enumerate(AXES)}
CAUSES_SAID = {name: CAUSE_WORDS[Cause(code)] for code, name in enumerate(CAUSES)}


def print_night(terminal: Terminal, outcome: RunOutcome, currency: str, zone: str) -> None:
    """
    Print a run, or what one would do.

    Args:
        terminal: Where to.
        outcome: Of the run.
        currency: Of costs.
        zone: In which moments are written.
    """
    formats = Formats(terminal.language, currency)
    for warning in outcome.warnings:
        terminal.warn(warning)
    if not outcome.is_new:
        terminal.say(formats.say(NOTHING_NEW, as_of=outcome.as_of))
        return
    model = MODELS.get(outcome.model, outcome.model)
    valued = NO_MODEL if not model else REFIT if outcome.is_refit else VALUED
    terminal.say(formats.say(valued, customers=outcome.customers, as_of=outcome.as_of, model=model))
    terminal.say(formats.say(MEANS, basis=formats.say(BASES[outcome.basis])))
    for code, count in sorted(outcome.left_out.items()):
        terminal.say(formats.say(LEFT_OUT, count=count, reason=formats.say(counted(code))))
    _print_policy(terminal, outcome, formats)
    own = tier_words(outcome.rules, terminal.language)
    for title, words, counts in (
        (_("Tiers"), dict(reversed(own.items())), outcome.own_tiers or outcome.tiers),
        (_("Stages"), OF_AXIS["stage"], outcome.stages),
    ):
        rows = [
            (formats.say(word), formats.number(counts[name]))
            for name, word in words.items()
            if name in counts
        ]
        terminal.table(formats.say(title), rows)
    _print_readiness(terminal, outcome, formats)
    _print_moves(terminal, outcome, formats)
    _print_decisions(terminal, outcome, formats)
    if outcome.snapshot_id is None and outcome.decided:
        _print_actions(terminal, outcome.decided.actions, formats, zone)
        terminal.say()
        terminal.say(formats.say(DRY))
    elif outcome.written and outcome.decisions:
        terminal.say()
        terminal.say(formats.say(WRITTEN, **vars(outcome.written)))


def _print_policy(terminal: Terminal, outcome: RunOutcome, formats: Formats) -> None:
    """Which policy rules, what it could not go by, and how often tiers moved and flapped."""
    rules, flaps = outcome.rules, outcome.flaps
    if rules is not None and outcome.is_adopted:
        terminal.say(formats.say(ADOPTED, name=rules.name, version=rules.version))
    if rules is not None and not outcome.is_doubted:
        slow = rules.hysteresis
        terminal.say(formats.say(UNDOUBTED, checks=slow.fall_checks, days=slow.dwell_days))
    if flaps:
        year = flaps[f"last_{LONG_DAYS}_days"]
        words = {"tonight": flaps["tonight"], "moves": year["moves"], "flaps": year["flaps"]}
        terminal.say(formats.say(FLAPS, **words, days=LONG_DAYS, within=flaps["within_days"]))


def _print_readiness(terminal: Terminal, outcome: RunOutcome, formats: Formats) -> None:
    """What forecasts want of the data, and what suffers where they do not get it; a line where all is well."""
    checks = [check.as_json() for check in outcome.readiness]
    if checks and not any(each["met"] is False for each in checks):
        terminal.say()
        terminal.say(checklist_answer(checks, formats))
        return
    rows = checklist_rows(checks, formats)
    terminal.table(formats.say(READINESS), rows, tuple(map(formats.say, TITLES)))


def _print_moves(terminal: Terminal, outcome: RunOutcome, formats: Formats) -> None:
    """Tiers first, by the policy's own where it has such; on each axis the largest moves first."""
    own = tier_words(outcome.rules, terminal.language)
    hidden = "tier" if outcome.own_tiers else "own_tier"

    def said(axis: str, name: str) -> str:
        if not name:
            return formats.say(_("new here"))
        return formats.say(tier_word(name, own) if axis == "own_tier" else OF_AXIS[axis][name])

    shown = [move for move in outcome.moves.items() if move[0][0] != hidden]
    largest = sorted(shown, key=lambda move: (move[0][0] == "stage", -move[1], move[0]))
    rows = [
        (
            formats.say(AXES_SAID[axis]),
            said(axis, before),
            said(axis, after),
            formats.number(customers),
            formats.say(CAUSES_SAID[cause]),
        )
        for (axis, before, after, cause), customers in largest
    ]
    header = ("", *map(formats.say, (_("moved from"), _("moved to"), _("customers"), _("because of"))))
    terminal.table(formats.say(_("Moves")), rows, header)


def _print_decisions(terminal: Terminal, outcome: RunOutcome, formats: Formats) -> None:
    rows = [
        (
            key,
            formats.say(OUTCOME_WORDS[what]),
            formats.number(customers),
            formats.say(counted(code)) if code else "",
        )
        for (key, what, code), customers in sorted(outcome.decisions.items())
    ]
    header = tuple(map(formats.say, (_("playbook"), _("decision"), _("customers"), _("reason"))))
    terminal.table(formats.say(_("Decisions")), rows, header)


def _print_actions(terminal: Terminal, actions: Sequence[Action], formats: Formats, zone: str) -> None:
    """The first of the messages that would leave; controls get none."""
    leaving = [one for one in actions if one.arm == "treated"]
    rows = [
        (
            one.customer_id,
            one.playbook,
            one.template,
            f"{one.not_before.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}",
            formats.money(cost_of(one)),
        )
        for one in leaving[:SHOWN]
    ]
    total = formats.money(sum(map(cost_of, leaving)))
    title = formats.say(WOULD, count=len(leaving), cost=total)
    words = (_("customer"), _("playbook"), _("message"), _("from ({zone})"), _("cost"))
    if not leaving:
        terminal.say()
        terminal.say(formats.say(NOBODY))
    terminal.table(title, rows, tuple(formats.say(word, zone=zone) for word in words))
    if len(leaving) > SHOWN:
        terminal.say(formats.say(MORE, count=len(leaving) - SHOWN))


def cost_of(one: Action) -> float:
    """Of a message, with what its coupon is expected to cost."""
    return float(one.cost + (one.coupon_cost or 0))
