"""What holds of all that was said: by when it was given, for how long, by whom, and under which ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from evergrove.people import (
    ConsentRow,
    ConsentsTaken,
    PersonRow,
    address_hash,
    consent_at,
    consent_history,
    consent_of,
    erase,
    expire_proofs,
    open_seal,
    record_consent,
    standing_of,
    store_people,
    suppress,
    suppressed,
    take_consents,
    unprofiled,
)
from evergrove.people.consent import CHANNELS, PURPOSES, Said, channel_named, purpose_named, state_of
from evergrove.people.identity import merge, unmerge
from evergrove.people.tables import consent_event

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.ledger import Ledger
    from evergrove.people import Seal

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = 365 * DAY


def row(status: str, days: float, **more: object) -> ConsentRow:
    """A word of one customer so many days after noon."""
    return ConsentRow("C1", status, given_at=NOON + days * DAY, **more)  # type: ignore[arg-type]


def test_late_words_take_their_place(ledger: Ledger, seal: Seal) -> None:
    """All orders of arrival, each row twice: the same history, and the same answer for every past moment."""
    said = [
        row("granted", 1),
        row("revoked", 3),
        row("pending", 4),
        row("granted", 5, expires_at=NOON + 7 * DAY),
    ]
    asked = [NOON + at * DAY for at in (0.5, 1.5, 3.5, 4.5, 5.5, 7.5)]
    for nth, order in enumerate(permutations(said)):
        renamed = [ConsentRow(**{**vars(each), "customer_id": f"C{nth}"}) for each in order]
        with ledger.writing() as connection:
            for each in (*renamed, *reversed(renamed)):
                take_consents(connection, seal, [each], NOON + 9 * DAY)
            states = [consent_at(connection, [f"C{nth}"], moment)[f"C{nth}"] for moment in asked]
            count = len(consent_history(connection, f"C{nth}"))
        assert states == ["unknown", "granted", "revoked", "pending", "granted", "expired"]
        assert count == len(said)


WORDS = st.builds(
    ConsentRow,
    customer_id=st.sampled_from(["a", "b"]),
    status=st.sampled_from(["granted", "denied", "revoked", "pending"]),
    purpose=st.sampled_from(["marketing", "profiling"]),
    channel=st.sampled_from(["email", "sms", "any"]),
    given_at=st.integers(0, 6).map(lambda day: NOON + day * DAY),
    source=st.sampled_from(["form", "file", None]),
    expires_at=st.one_of(st.none(), st.integers(2, 9).map(lambda day: NOON + day * DAY)),
    given_by=st.sampled_from([None, "guardian"]),
)


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example empties the table itself
)
@given(data=st.data(), words=st.lists(WORDS, min_size=1, max_size=8))
def test_any_order_and_any_repetition_give_the_same_state(
    ledger_file: Ledger, seal_file: Seal, data: st.DataObject, words: list[ConsentRow]
) -> None:
    """Shuffled, repeated and cut into files anyhow: every purpose, channel and moment says the same."""
    shuffled = data.draw(st.permutations([*words, *data.draw(st.lists(st.sampled_from(words), max_size=6))]))
    cut = data.draw(st.integers(0, len(shuffled)))
    found = []
    for files in ([words], [shuffled[:cut], shuffled[cut:], shuffled]):
        with ledger_file.writing() as connection:
            connection.execute(consent_event.delete())
            for file in files:
                take_consents(connection, seal_file, file, NOON + 10 * DAY)
            found.append(
                [
                    consent_at(
                        connection, ["a", "b"], NOON + day * DAY + DAY / 2, channel=channel, purpose=purpose
                    )
                    for day in (-1, 1, 3, 5, 8)
                    for purpose, channel in (
                        ("marketing", "email"),
                        ("marketing", "sms"),
                        ("profiling", "any"),
                    )
                ]
            )
    assert found[0] == found[1]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    lists=st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from(["granted", "denied", "revoked"])),
        max_size=6,
        unique_by=lambda each: each[0],
    ),
    own=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["granted", "denied", "revoked"])), max_size=4),
)
def test_a_yes_holds_only_where_a_yes_was_said_last(
    lists: list[tuple[int, str]], own: list[tuple[int, str]]
) -> None:
    """By the rule itself: the person's own newest word outweighs every list's yes; of lists the newest counts."""
    said = [Said(NOON + at * DAY, status, "file") for at, status in lists]  # type: ignore[arg-type]
    said += [Said(NOON + at * DAY, status, "form") for at, status in own]  # type: ignore[arg-type]
    newest_own = max(own, key=lambda each: (each[0], each[1] != "granted"), default=None)
    newest_list = max(lists, key=lambda each: each[0], default=None)
    if newest_own is None:
        expected = newest_list is not None and newest_list[1] == "granted"
    elif newest_own[1] != "granted":
        expected = False
    else:
        since = [each for each in lists if each[0] >= newest_own[0]]
        ends = max(since, key=lambda each: each[0], default=None)
        expected = ends is None or ends[1] == "granted"

    assert (state_of(said) == "granted") == expected


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_lists_say_the_same_in_any_order(
    ledger_file: Ledger, seal_file: Seal, order: tuple[int, ...]
) -> None:
    """Four exports of one list, one of which says no: the newest holds, whichever came in last, twice or late."""
    exports = [(0, "granted"), (2, "denied"), (4, "denied"), (6, "granted")]
    for nth in (*order, *order):
        days, status = exports[nth]
        with ledger_file.writing() as connection:
            store_people(
                connection,
                seal_file,
                [PersonRow("C1", consent=status)],  # type: ignore[arg-type]
                NOON + 9 * DAY,
                written_at=NOON + days * DAY,
            )
    with ledger_file.reading() as connection:
        assert consent_of(connection, ["C1"]) == {"C1": "granted"}


@pytest.mark.parametrize(
    ("said", "block"),
    [
        ([], "people.consent_unknown"),
        ([row("pending", -2)], "people.consent_pending"),
        ([row("pending", -2), row("granted", -1)], None),
        ([row("granted", -2), row("pending", -1)], None),
        ([row("revoked", -2), row("pending", -1)], "people.consent_pending"),
        ([row("granted", -2, expires_at=NOON - DAY)], "people.consent_expired"),
        ([row("granted", -2, expires_at=NOON)], "people.consent_expired"),
        ([row("granted", -2, expires_at=NOON + DAY)], None),
        ([row("revoked", -2, expires_at=NOON - DAY)], "people.consent_revoked"),
        ([row("granted", -3), row("revoked", -2, channel="any")], "people.consent_revoked"),
        ([row("granted", -3, channel="any")], None),
        ([row("granted", -3, channel="sms")], "people.consent_unknown"),
        ([row("granted", -3, purpose="survey")], "people.consent_unknown"),
    ],
)
def test_only_a_standing_yes_lets_a_message_leave(
    ledger: Ledger, seal: Seal, said: list[ConsentRow], block: str | None
) -> None:
    """Unknown, unconfirmed, expired, refused, for another purpose or channel: not written to, and why."""
    with ledger.writing() as connection:
        store_people(connection, seal, [PersonRow("C1", "ada@example.com")], NOON)
        take_consents(connection, seal, said, NOON)
        assert standing_of(connection, ["C1"], now=NOON)["C1"].block == block


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("granted", "revoked", "revoked"),
        ("granted", "denied", "denied"),
        ("granted", "pending", "pending"),
        ("granted", None, "granted"),
        ("denied", "revoked", "revoked"),
        (None, None, "unknown"),
    ],
)
def test_a_merge_keeps_the_most_restrictive_and_undoing_it_each_own(
    ledger: Ledger, seal: Seal, one: str | None, other: str | None, together: str
) -> None:
    """Whichever of the two said it, and as each stood before once they are taken apart."""
    for first, second in ((one, other), (other, one)):
        said = [
            ConsentRow(name, status, given_at=NOON - nth * DAY)  # type: ignore[arg-type]
            for nth, (name, status) in enumerate((("x", first), ("y", second)))
            if status
        ]
        with ledger.writing() as connection:
            connection.execute(consent_event.delete())
            take_consents(connection, seal, said, NOON)
            before = consent_at(connection, ["x", "y"], NOON)
            merge(connection, "x", "y", NOON)
            assert consent_at(connection, ["x", "y"], NOON) == {"x": together, "y": together}
            unmerge(connection, "y", NOON)
            assert consent_at(connection, ["x", "y"], NOON) == before
    assert before == {"x": other or "unknown", "y": one or "unknown"}


def test_a_child_is_left_alone_until_a_guardian_agrees(ledger: Ledger, seal: Seal) -> None:
    """By birthday or by flag, under any id of the person; its own yes is none, its own no is one."""
    rows = [
        PersonRow("C1", "kid@example.com", consent="granted", born="2014-05"),
        PersonRow("C2", "flag@example.com", consent="granted", is_minor=True),
        PersonRow("C3", "grown@example.com", consent="granted", born="2012-05"),
        PersonRow("C4", "none@example.com", consent="granted"),
    ]
    ids = [each.customer_id for each in rows]
    with ledger.writing() as connection:
        assert store_people(connection, seal, rows, NOON - DAY).ages == 3

        def blocks(now: datetime = NOON, least_age: int = 14) -> list[str | None]:
            found = standing_of(connection, ids, now=now, least_age=least_age)
            return [found[each].block for each in ids]

        young = "people.consent_minor"
        assert blocks() == [young, young, None, None]
        assert set(unprofiled(connection, NOON, least_age=14)) == {"C1", "C2"}
        assert blocks(least_age=0) == [None] * 4
        assert blocks(now=datetime(2028, 6, 1, tzinfo=UTC)) == [None, young, None, None]
        merge(connection, "C3", "C1", NOON)
        assert blocks() == [young, young, young, None]
        assert set(unprofiled(connection, NOON, least_age=14)) == {"C1", "C2", "C3"}
        yes = [
            ConsentRow("C1", "granted", purpose, given_at=NOON - DAY, given_by="guardian")
            for purpose in ("marketing", "profiling")
        ]
        take_consents(connection, seal, yes, NOON)
        assert blocks() == [None, young, None, None]
        assert set(unprofiled(connection, NOON, least_age=14)) == {"C2"}
        record_consent(connection, "C1", "revoked", "unsubscribe", NOON)
        assert blocks()[0] == "people.consent_revoked"


def test_proofs_are_sealed_and_shown_only_opened(ledger: Ledger, seal: Seal) -> None:
    """Reference, form, policy and moment stand in the history; address and reference in no column as they are."""
    said = row(
        "granted",
        -1,
        source="form",
        reference="Ticket 77, by voice",
        ip="203.0.113.9",
        form="F3",
        policy_version="2026-05",
    )
    with ledger.writing() as connection:
        assert take_consents(connection, seal, [said], NOON, proof="ab" * 32) == ConsentsTaken(new=1)
        (closed,) = consent_history(connection, "C1")
        (opened,) = consent_history(connection, "C1", seal=seal)
        stored = " ".join(repr(each) for each in connection.execute(select(consent_event)).one())
    assert closed.reference is None
    assert (opened.reference, opened.form, opened.policy_version) == ("Ticket 77, by voice", "F3", "2026-05")
    assert (opened.given_at, opened.recorded_at, opened.holds) == (NOON - DAY, NOON, True)
    assert opened.ip_hash is not None
    assert "203.0.113" not in stored
    assert "Ticket" not in stored


def test_proofs_are_kept_as_long_as_they_may_be_needed(ledger: Ledger, seal: Seal) -> None:
    """A yes that holds keeps its proof; one that ended keeps it for the legal time, and the word for ever."""
    with ledger.writing() as connection:
        for customer in ("held", "ended"):
            yes = ConsentRow(customer, "granted", given_at=NOON, reference="signed")
            take_consents(connection, seal, [yes], NOON)
        record_consent(connection, "ended", "revoked", "unsubscribe", NOON + YEAR)

        assert expire_proofs(connection, NOON + 4 * YEAR - DAY, 3 * 365) == 0
        assert expire_proofs(connection, NOON + 4 * YEAR, 3 * 365) == 1
        assert expire_proofs(connection, NOON + 4 * YEAR, 3 * 365) == 0
        proofs = {
            name: [each.reference for each in consent_history(connection, name, seal=seal)]
            for name in ("held", "ended")
        }
    assert proofs == {"held": ["signed"], "ended": [None, None]}


def test_suppression_outlives_erasure_and_a_second_import(ledger: Ledger, seal: Seal) -> None:
    """By keyed hash, channel by channel: whoever brings the address back is not written to, and brings no proof."""
    ada = PersonRow("C1", "ada@example.com", consent="granted", born="2014-05")
    with ledger.writing() as connection:
        store_people(connection, seal, [ada], NOON)
        take_consents(connection, seal, [row("granted", -1, reference="signed", ip="203.0.113.9")], NOON)
        suppress(connection, address_hash(seal, "ada@example.com"), "people.complained", NOON)
        assert suppressed(connection, ["C1"]) == {"C1": "people.complained"}
        assert erase(connection, "C1", NOON)
        kept = connection.execute(select(consent_event)).all()
        again = [
            PersonRow("C1", "ada@example.com", consent="granted"),
            PersonRow("C7", "ADA@example.com", consent="granted"),
        ]
        assert store_people(connection, seal, again, NOON + DAY).erased == 2
        assert take_consents(connection, seal, [row("granted", 0.5)], NOON + DAY) == ConsentsTaken(erased=1)
        blocks = [each.block for each in standing_of(connection, ["C1", "C7"], now=NOON + DAY).values()]
        assert unprofiled(connection, NOON, least_age=14) == {}
    assert [(each.sealed, each.ip_hash) for each in kept] == [(None, None)] * len(kept)
    assert blocks == ["people.erased", "people.consent_unknown"]


def test_each_row_has_its_account(ledger: Ledger, seal: Seal) -> None:
    """New, known, refused elsewhere, unusable: every row is in one of the counts."""
    rows = [
        row("granted", -1),
        row("granted", -1),
        row("granted", -1, purpose="horoscopes"),
        row("granted", -1, channel="pigeon"),
        row("granted", 1.5),
        ConsentRow("C2", "granted"),
    ]
    with ledger.writing() as connection:
        record_consent(connection, "C2", "revoked", "unsubscribe", NOON - DAY)
        taken = take_consents(connection, seal, rows, NOON)
    assert taken == ConsentsTaken(new=1, known=1, refused_elsewhere=1, unusable=3)


def test_a_no_dated_ahead_counts_at_once(ledger: Ledger, seal: Seal) -> None:
    """A clock in another zone, or a slip of the pen: whoever said no is not written to until that day has come."""
    with ledger.writing() as connection:
        for days in (0.3, 400):
            store_people(connection, seal, [PersonRow("C1", "ada@example.com", consent="granted")], NOON)
            for _again in range(2):
                take_consents(connection, seal, [row("revoked", days)], NOON)
                take_consents(connection, seal, [row("revoked", days, purpose="profiling")], NOON)
            assert consent_at(connection, ["C1"], NOON) == {"C1": "revoked"}
            assert unprofiled(connection, NOON, least_age=14) == {"C1": "people.profiling_refused"}
            assert len(consent_history(connection, "C1")) == 3
            connection.execute(consent_event.delete())


@pytest.mark.parametrize(
    ("purpose", "channel", "stored"),
    [
        ("", "", ("marketing", "email")),
        ("行銷", "簡訊", ("marketing", "sms")),
        ("画像", "", ("profiling", "any")),
        ("Profiling", "email", ("profiling", "any")),
        ("survey", "企业微信", ("survey", "wechat")),
        ("marketing", "All", ("marketing", "any")),
        ("NPS", "LINE", ("survey", "line")),
    ],
)
def test_purposes_and_channels_are_known_in_three_languages(
    purpose: str, channel: str, stored: tuple[str, str]
) -> None:
    """And a purpose that has no channel is stored under none."""
    named = purpose_named(purpose)
    assert named is not None
    assert (named, channel_named(channel, named)) == stored


def test_no_word_means_two_purposes_or_channels() -> None:
    """Each is declared once, and so is every other word for it."""
    for kinds in (PURPOSES, CHANNELS):
        words = [word.casefold() for kind in kinds for word in (kind.name, *kind.also)]
        assert len(words) == len(set(words))


@pytest.fixture
def seal_file(ledger_file: Ledger, key_file: Path) -> Seal:
    """The seal of a ledger in a file."""
    return open_seal(ledger_file, key_file)
