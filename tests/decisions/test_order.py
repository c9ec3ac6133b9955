"""The one order of the guards: of any two that block, the earlier gives the reason; and caps that hold beside each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from evergrove.campaigns import Proposal
from evergrove.decisions.caps import Tally, caps_for, full
from evergrove.decisions.cases import Case
from evergrove.decisions.guards import Around, first_block
from evergrove.decisions.money import Budget, Cost, Purse, Used
from evergrove.decisions.rules import judge
from evergrove.decisions.types import Facts, Hours, Option
from evergrove.outbox import Counts
from evergrove.people import Standing
from evergrove.settings import Cap, OutreachSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
SETTINGS = OutreachSettings()
HOURS = Hours(NOW, NOW + timedelta(hours=8), "UTC", known_zone=True)
WILLING = Standing("active", "granted", None, has_address=True)
BUDGET = Budget("everything", "total", Decimal(10), "CNY", "UTC", "test", NOW)
GOOD = Facts(
    WILLING,
    HOURS,
    caps=caps_for(SETTINGS, "medium"),
    cost=Cost("m", "email", "L2", Decimal(1)),
    tokens=1,
    is_leaving=True,
)
CASE = Case("c", "a", "complaint", "test", NOW, NOW + timedelta(days=30))
PURSE = Purse([Used(BUDGET, "total", Decimal(0), Decimal(0))], NOW)

# As the demand names them, in its order. Facts that differ in several fields are joined field by field.
BLOCKING = (
    ("outbox.stopped", {"is_stopped": True}),
    ("delivery.no_channel", {"is_set_up": False}),
    ("people.erased", {"status": "erased"}),
    ("people.consent_revoked", {"consent": "revoked"}),
    ("people.complained", {"suppressed": "people.complained"}),
    ("people.no_address", {"has_address": False}),
    ("people.profiling_refused", {"unprofiled": "people.profiling_refused"}),
    ("campaigns.exited", {"called_off": "campaigns.exited"}),
    ("decisions.open_case", {"case": CASE}),
    ("decisions.cap_day", {"tallies": {"": Tally(Counts(1, 1, 1), Counts(1, 1, 1))}}),
    ("delivery.quiet_hours", {"hours": replace(HOURS, not_before=NOW + timedelta(hours=1))}),
    ("decisions.budget_exhausted", {"cost": Cost("m", "email", "L2", Decimal(11))}),
    ("decisions.no_token", {"tokens": 0}),
    ("decisions.provider_rate", {"channel": "slow"}),
)
OF_PERSON = {"status", "consent", "suppressed", "has_address", "unprofiled"}


class Slow:
    """A provider that is a minute behind on one channel."""

    def place(self, channel: str) -> datetime | None:
        """The next place."""
        return NOW + timedelta(minutes=1) if channel == "slow" else None


def reason(*changes: Mapping[str, object]) -> str | None:
    """What is stored of a message with some things against it."""
    facts = GOOD
    for change in changes:
        own = {name: value for name, value in change.items() if name in OF_PERSON}
        rest = {name: value for name, value in change.items() if name not in OF_PERSON}
        standing = replace(facts.standing, **own)  # type: ignore[arg-type]
        facts = replace(facts, standing=standing, **rest)  # type: ignore[arg-type]
    block = first_block(facts, Around(SETTINGS, NOW, PURSE, Slow()))
    return None if block is None else block.reason.code


@pytest.mark.parametrize(("code", "change"), BLOCKING)
def test_each_guard_blocks_alone_with_its_reason(code: str, change: dict[str, object]) -> None:
    """And where nothing speaks against it, it leaves."""
    assert reason() is None
    assert reason(change) == code


@pytest.mark.parametrize(("earlier", "later"), [*combinations(range(len(BLOCKING)), 2)])
def test_of_any_two_the_earlier_guard_s_reason_is_stored(earlier: int, later: int) -> None:
    """Whichever of them came about first."""
    code, change = BLOCKING[earlier]
    other = BLOCKING[later][1]
    assert reason(change, other) == reason(other, change) == code


def test_at_a_decision_what_only_waits_blocks_nothing() -> None:
    """A stop, and a provider's speed, are for the moment of sending; the hour is moved."""
    deciding = replace(GOOD, is_leaving=False, is_stopped=True, channel="slow")
    late = replace(deciding, hours=replace(HOURS, not_before=NOW + timedelta(hours=1)))
    around = Around(SETTINGS, NOW, PURSE, Slow())
    assert first_block(deciding, around) is None
    assert first_block(late, around) is None


def test_what_was_asked_for_passes_caps_cases_and_holidays_but_no_suppression() -> None:
    """A receipt is no advertisement; a person who complained still gets none at that address."""
    full_up = {"": Tally(Counts(9, 9, 9), Counts(9, 9, 9))}
    asked = replace(GOOD, is_marketing=False, of_playbook=False, tallies=full_up, case=CASE)
    around = Around(replace(SETTINGS, on_holidays="drop"), NOW, PURSE, Slow())
    assert first_block(replace(asked, hours=replace(HOURS, is_holiday=True)), around) is None
    gone = replace(asked, standing=replace(WILLING, suppressed="people.complained"))
    block = first_block(gone, around)
    assert block is not None
    assert block.reason.code == "people.complained"


def test_a_holiday_drops_or_postpones_as_the_settings_say() -> None:
    """Postponed it waits for its hour; dropped it does not come again."""
    rest = replace(GOOD, hours=replace(HOURS, is_holiday=True, not_before=NOW + timedelta(days=1)))
    held = first_block(rest, Around(SETTINGS, NOW))
    gone = first_block(rest, Around(replace(SETTINGS, on_holidays="drop"), NOW))
    assert held is not None
    assert gone is not None
    assert (held.reason.code, held.until) == ("decisions.holiday", NOW + timedelta(days=1))
    assert (gone.reason.code, gone.until) == ("decisions.holiday", None)


@pytest.mark.parametrize(
    ("rolling", "calendar", "channel", "on_channel", "code"),
    [
        ((1, 1, 1), (0, 0, 0), "email", (0, 0, 0), "decisions.cap_day"),
        ((0, 0, 0), (1, 1, 1), "email", (0, 0, 0), "decisions.cap_calendar_day"),
        ((0, 3, 3), (0, 0, 0), "email", (0, 0, 0), "decisions.cap_week"),
        ((0, 2, 3), (0, 3, 3), "email", (0, 0, 0), "decisions.cap_calendar_week"),
        ((0, 0, 8), (0, 0, 0), "email", (0, 0, 0), "decisions.cap_month"),
        ((0, 0, 7), (0, 0, 8), "email", (0, 0, 0), "decisions.cap_calendar_month"),
        ((0, 1, 1), (0, 0, 1), "sms", (0, 1, 1), "decisions.cap_channel_week"),
        ((0, 1, 1), (0, 1, 1), "email", (0, 1, 1), None),  # the text messages' cap is not the mails'
        ((0, 0, 3), (0, 0, 0), "sms", (0, 0, 3), "decisions.cap_channel_month"),
        ((0, 2, 7), (0, 2, 7), "email", (0, 2, 7), None),
    ],
)
def test_every_window_has_its_cap(
    rolling: tuple[int, int, int],
    calendar: tuple[int, int, int],
    channel: str,
    on_channel: tuple[int, int, int],
    code: str | None,
) -> None:
    """1 a day, 3 a week, 8 a month over all; text messages 1 a week and 3 a month: rolling and by the calendar."""
    tallies = {"": Tally(Counts(*rolling), Counts(*calendar)), "sms": Tally(Counts(*on_channel), Counts())}
    found = full(caps_for(SETTINGS, "medium"), tallies, channel)
    assert (found.code if found else None) == code


def test_the_low_tier_gets_half_and_never_nothing() -> None:
    """Half of 1, 3, 8, rounded down: 1 (never nothing), 1, 4; of text messages 1 and 1."""
    assert [each.most for each in caps_for(SETTINGS, "low")] == [1, 1, 4, 1, 1]
    assert [each.most for each in caps_for(SETTINGS, "high")] == [1, 3, 8, 1, 3]
    assert [each.most for each in caps_for(OutreachSettings(low_tier_share=1.0), "low")] == [1, 3, 8, 1, 3]


@pytest.mark.parametrize("own", [Cap("sms", "month", 9), Cap("", "month", 99), Cap("email", "week", 50)])
def test_a_rule_of_ones_own_lets_nobody_escape_the_shop_s(own: Cap) -> None:
    """Others take a contact with any rule, even for another channel, out of the default caps: here all hold."""
    caps = caps_for(SETTINGS, "medium", [own])
    reached = full(caps, {"": Tally(Counts(0, 3, 3))}, "email")
    assert reached is not None
    assert reached.code == "decisions.cap_week"


def test_a_rule_of_ones_own_holds_where_it_is_the_stricter() -> None:
    """Who wants one mail a month gets no second one."""
    caps = caps_for(SETTINGS, "medium", [Cap("email", "month", 1)])
    reached = full(caps, {"": Tally(Counts(0, 0, 1)), "email": Tally(Counts(0, 0, 1))}, "email")
    assert reached is not None
    assert (reached.code, reached.params) == ("decisions.cap_channel_month", {"most": 1, "channel": "email"})


DAY = date(2026, 3, 2)
PROPOSAL = Proposal(
    "id",
    "L2",
    1,
    "a",
    "once",
    0,
    "wechat",
    "t",
    DAY,
    DAY,
    10,
    {},
    "low",
    "new",
    channels=("wechat", "sms", "email"),
)


def by_channel(**changes: Facts) -> list[Option]:
    """The three channels, the preferred first."""
    return [
        Option(name, replace(changes.get(name, GOOD), channel=name, is_leaving=False))
        for name in PROPOSAL.channels
    ]


def test_the_first_channel_that_nothing_forbids_is_taken_and_all_reasons_are_kept() -> None:
    """No consent for the first, the cap of the second is reached: the third."""
    no_yes = replace(GOOD, standing=replace(WILLING, consent="unknown"))
    had = replace(GOOD, tallies={"sms": Tally(Counts(0, 1, 1))})
    (verdict,) = judge([PROPOSAL], [by_channel(wechat=no_yes, sms=had)], Around(SETTINGS, NOW))
    assert (verdict.outcome, verdict.channel) == ("send", "email")
    assert {name: each.code for name, each in verdict.passed_over.items()} == {
        "wechat": "people.consent_unknown",
        "sms": "decisions.cap_channel_week",
    }


def test_where_no_channel_is_allowed_the_preferred_one_s_reason_stands() -> None:
    """And those of the others beside it."""
    erased = replace(GOOD, standing=replace(WILLING, status="erased"))
    off = replace(GOOD, is_set_up=False)
    (verdict,) = judge([PROPOSAL], [by_channel(wechat=off, sms=erased, email=erased)], Around(SETTINGS, NOW))
    assert verdict.outcome == "blocked"
    assert verdict.reason is not None
    assert verdict.reason.code == "decisions.channel_not_set_up"
    assert sorted(verdict.passed_over) == ["email", "sms", "wechat"]


def test_of_two_ids_of_one_person_one_message_leaves_and_the_rank_may_be_another() -> None:
    """The person counts, not the id; what ranks is one function."""
    two = [
        replace(PROPOSAL, customer_id=name, playbook=key, priority=k)
        for name, key, k in (("a", "L2", 1), ("b", "L5", 2))
    ]
    options = [by_channel(), by_channel()]
    persons = {"a": "p", "b": "p"}
    verdicts = judge(two, options, Around(SETTINGS, NOW), persons=persons)
    assert [each.outcome for each in verdicts] == ["send", "outranked"]
    turned = judge(two, options, Around(SETTINGS, NOW), persons=persons, rank=lambda each: -each.priority)
    assert [each.outcome for each in turned] == ["outranked", "send"]
    assert turned[0].reason is not None
    assert turned[0].reason.params == {"by": "L5"}


def test_what_is_chosen_uses_up_the_budget_and_what_is_outranked_does_not() -> None:
    """Ten pieces of money, one each: the eleventh person gets nothing, whoever was outranked took none of it."""
    purse = Purse([Used(BUDGET, "total", Decimal(0), Decimal(0))], NOW)
    people = [replace(PROPOSAL, customer_id=f"c{k // 2}", playbook=f"P{k % 2}") for k in range(24)]
    verdicts = judge(people, [by_channel() for _ in people], Around(SETTINGS, NOW, purse), took=purse.take)
    outcomes = [each.outcome for each in verdicts]
    assert outcomes.count("send") == 10
    assert (
        outcomes.count("outranked") == 9
    )  # the tenth person's second finds the purse empty, as the first guard says
    assert {each.reason.code for each in verdicts[19:] if each.reason} == {"decisions.budget_exhausted"}
