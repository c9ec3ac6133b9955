"""Guards in their order, then choice: the rules, without a ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise, product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.campaigns import Proposal, Reason
from evergrove.decisions.caps import Tally, caps_for
from evergrove.decisions.guards import Around
from evergrove.decisions.rules import judge
from evergrove.decisions.types import Facts, Hours, Option, Verdict
from evergrove.outbox import Counts
from evergrove.people import Standing
from evergrove.settings import OutreachSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

SETTINGS = OutreachSettings()
DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOURS = Hours(datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC), "UTC", known_zone=True)
WILLING = Standing("active", "granted", None, has_address=True)
GOOD = Facts(WILLING, HOURS, {}, caps_for(SETTINGS, "medium"))
PROPOSAL = Proposal(
    "id", "L2", 1, "a", "once", 0, "email", "new-thanks", DAY, DAY, 10, {}, tier="low", stage="new"
)

# In the order of the guards: each blocks by itself.
BLOCKING = (
    ("people.erased", {"standing": replace(WILLING, status="erased")}),
    ("people.consent_unknown", {"standing": replace(WILLING, consent="unknown")}),
    ("people.bounced", {"standing": replace(WILLING, suppressed="people.bounced")}),
    ("people.no_address", {"standing": replace(WILLING, has_address=False)}),
    ("decisions.cap_day", {"tallies": {"": Tally(Counts(1, 1, 1))}}),
    ("decisions.cap_week", {"tallies": {"": Tally(Counts(0, 3, 3))}}),
    ("decisions.cap_month", {"tallies": {"": Tally(Counts(0, 0, 8))}}),
    ("decisions.no_hour_left", {"hours": replace(HOURS, valid_until=HOURS.not_before)}),
)


def judged(
    proposals: Sequence[Proposal], facts: Sequence[Facts | None], now: datetime = NOW
) -> list[Verdict]:
    """Each proposal by its one channel; None: the playbook skips it."""
    options = [[] if each is None else [Option("email", each)] for each in facts]
    return judge(proposals, options, Around(SETTINGS, now))


def code_of(facts: Facts) -> str | None:
    """Why a single proposal does not leave."""
    (verdict,) = judged([PROPOSAL], [facts])
    return verdict.reason.code if verdict.reason else None


@pytest.mark.parametrize(("code", "change"), BLOCKING)
def test_each_guard_blocks_with_its_reason(code: str, change: dict[str, object]) -> None:
    """And where nothing speaks against it the message is chosen."""
    assert code_of(replace(GOOD, **change)) == code  # type: ignore[arg-type]
    assert code_of(GOOD) is None


def test_of_two_reasons_the_earlier_guard_s_is_given() -> None:
    """So that the reason says what must be settled first."""
    for (first, change), (_, other) in pairwise([BLOCKING[0], BLOCKING[4], BLOCKING[7]]):
        assert code_of(replace(GOOD, **other, **change)) == first  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "consent"), [*product(["active", "unknown"], ["unknown", "denied", "revoked"])]
)
def test_only_a_yes_is_a_yes(status: str, consent: str) -> None:
    """Silence, and a person of whom no file has told, are not."""
    facts = replace(GOOD, standing=replace(WILLING, status=status, consent=consent))  # type: ignore[arg-type]
    assert code_of(facts) == f"people.consent_{consent}"


def test_a_message_that_could_not_leave_any_more_is_not_chosen() -> None:
    """A run for a day long past must not assign anybody."""
    (verdict,) = judged([PROPOSAL], [GOOD], datetime(2026, 3, 3, tzinfo=UTC))
    assert verdict.reason == Reason("decisions.no_hour_left", {"until": "2026-03-03T00:00:00+00:00"})
    (late_but_good,) = judged([PROPOSAL], [GOOD], datetime(2026, 3, 2, 23, tzinfo=UTC))
    assert late_but_good.outcome == "send"


def test_the_first_by_priority_wins_and_is_named() -> None:
    """A proposal that is blocked outranks nobody."""
    blocked = replace(GOOD, tallies={"": Tally(Counts(9, 9, 9))})
    three = [replace(PROPOSAL, playbook=key, priority=k) for k, key in enumerate(("L2", "L5", "T1b"))]
    verdicts = judged(three, [blocked, GOOD, GOOD])
    assert [each.outcome for each in verdicts] == ["blocked", "send", "outranked"]
    assert verdicts[2].reason == Reason("decisions.outranked", {"by": "L5"})


def test_what_the_playbook_skips_outranks_nobody() -> None:
    """Its reason is kept as it is."""
    held = replace(PROPOSAL, skip=Reason("campaigns.would_buy", {"p": 0.9, "most": 0.7}))
    verdicts = judged([held, PROPOSAL], [None, GOOD])
    assert verdicts[0] == Verdict(held, "skipped", held.skip)
    assert verdicts[1].outcome == "send"


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from(["L2", "L5", "T1b"]),
            st.builds(Counts, st.integers(0, 2), st.integers(0, 4), st.integers(0, 9)),
            st.sampled_from(["granted", "unknown", "denied", "revoked"]),
            st.sampled_from(["active", "erased", "unknown"]),
            st.sampled_from([None, "people.bounced"]),
        ),
        max_size=12,
    )
)
def test_whoever_may_be_written_to_gets_one_message_and_nobody_else_any(
    drawn: list[tuple[str, str, Counts, str, str, str | None]],
) -> None:
    """Sound and complete: one for each customer with a permissible proposal, none for the others."""
    proposals = [replace(PROPOSAL, customer_id=each[0], playbook=each[1]) for each in drawn]
    facts = [
        replace(
            GOOD,
            standing=Standing(each[4], each[3], each[5], has_address=True),  # type: ignore[arg-type]
            tallies={"": Tally(each[2])},
        )
        for each in drawn
    ]
    permissible = {
        each[0]
        for each in drawn
        if each[2].day < 1
        and each[2].week < 3
        and each[2].month < 8
        and (each[3], each[5]) == ("granted", None)
        and each[4] != "erased"
    }
    verdicts = judged(proposals, facts)
    assert [each.proposal for each in verdicts] == proposals
    sent = [each.proposal.customer_id for each in verdicts if each.outcome == "send"]
    assert sorted(sent) == sorted(permissible)
    assert all((each.reason is None) == (each.outcome == "send") for each in verdicts)
