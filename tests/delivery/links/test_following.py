"""Cases 45 and 48: links are followed of those only who agreed, machines are told apart, and nobody is sent elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update
from tests.delivery.links.conftest import SETTINGS, TEN

from evergrove.delivery.links import Token, read_token
from evergrove.delivery.links.errors import NoSuchLink, NotAWebAddress
from evergrove.delivery.links.following import store_link, with_followed_links
from evergrove.delivery.links.machines import MACHINES
from evergrove.delivery.links.tables import letter_link, letter_visit
from evergrove.delivery.links.visits import (
    Visits,
    destination_of,
    forget_visits,
    note_visit,
    visits_by_letter,
)
from evergrove.delivery.types import Rendered
from evergrove.outbox import OUTBOX
from evergrove.people import record_consent

if TYPE_CHECKING:
    from tests.delivery.links.conftest import Post

    from evergrove.delivery import Mail

PERSON = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
COUNTED = replace(SETTINGS, mail=replace(SETTINGS.mail, tracking="consented"))
HTML = (
    '<body><a href="https://shop.example/a?x=1&amp;y=2">A</a> <a style="x" href="https://shop.example/b">B</a>'
    ' <a href="mailto:shop@shop.example">C</a> <a href="{out}">out</a></body>'
)
LATER = TEN + timedelta(hours=3, minutes=12)


def written(post: Post, customer: str, *, agreed: bool) -> Mail:
    """A letter with two links to pages, as it leaves."""
    post.people(customer)
    if agreed:
        with post.ledger.writing() as connection:
            record_consent(connection, customer, "granted", "form", TEN, "any", "analytics")
    name = post.queue(customer)
    post.send()
    mail = next(each for each in post.channel.mails if each.outbox_id == name)
    plain = replace(mail, rendered=Rendered("Hi", "text", HTML.format(out=mail.unsubscribe)))
    with post.ledger.writing() as connection:
        (left,) = with_followed_links(connection, post.seal, post.settings, [(customer, plain)], TEN)
    return left


def links_in(post: Post, mail: Mail) -> list[Token]:
    """Followed links, and the picture last."""
    return [read_token(post.seal, each) for each in re.findall(r"/[co]/([\w-]{56})", mail.rendered.html)]


def visits(post: Post) -> int:
    """Rows that were written."""
    with post.ledger.reading() as connection:
        return connection.execute(select(func.count()).select_from(letter_visit)).scalar_one()


@pytest.mark.parametrize(
    ("settings", "agreed"), [(SETTINGS, True), (COUNTED, False)], ids=["off", "not agreed"]
)
def test_case_48_who_has_not_agreed_gets_the_letter_as_it_is(
    post: Post, settings: object, *, agreed: bool
) -> None:
    """No other links, no picture, no row of links; and if a picture is asked for all the same, no row either."""
    post.settings = settings  # type: ignore[assignment]
    mail = written(post, "C1", agreed=agreed)

    assert mail.rendered.html == HTML.format(out=mail.unsubscribe)
    note_visit(post.ledger, post.settings, Token("open", mail.outbox_id), "GET", PERSON, LATER)
    note_visit(post.ledger, post.settings, Token("click", mail.outbox_id, "ab" * 8, 1), "GET", PERSON, LATER)
    assert visits(post) == 0
    with post.ledger.reading() as connection:
        assert connection.execute(select(letter_link)).all() == []


def test_followed_links_lead_where_they_led_and_ways_out_are_never_followed(post: Post) -> None:
    """Of two pages two links; mailto: and the way out stay; the text of the letter stays, too."""
    post.settings = COUNTED
    mail = written(post, "C1", agreed=True)
    *links, picture = links_in(post, mail)

    with post.ledger.reading() as connection:
        leading = [destination_of(connection, each) for each in links]
    assert leading == ["https://shop.example/a?x=1&y=2", "https://shop.example/b"]
    assert (picture.kind, {each.links for each in links}) == ("open", {2})
    assert all(kept in mail.rendered.html for kept in ("mailto:shop@shop.example", mail.unsubscribe))
    assert mail.rendered.text == "text"


def test_case_45_a_link_that_is_not_stored_or_no_page_leads_nowhere(post: Post) -> None:
    """Whatever got into the table since: only pages are ever sent on to."""
    with post.ledger.writing() as connection:
        name = store_link(connection, "https://shop.example/", TEN)
        with pytest.raises(NotAWebAddress):
            store_link(connection, "javascript:alert(1)", TEN)
        connection.execute(update(letter_link).values(destination="javascript:alert(1)"))
        for target in (name, "0" * 16):
            with pytest.raises(NoSuchLink):
                destination_of(connection, Token("click", "a" * 32, target))


@pytest.mark.parametrize(
    ("method", "agent", "after", "why"),
    [
        ("GET", PERSON, timedelta(hours=1), None),
        ("HEAD", PERSON, timedelta(hours=1), "delivery.head_only"),
        ("GET", "", timedelta(hours=1), "delivery.no_agent"),
        ("GET", "Mozilla/5.0", timedelta(hours=1), "delivery.privacy_proxy"),
        ("GET", "Mozilla/5.0 (compatible; bingbot/2.0)", timedelta(hours=1), "delivery.scanner"),
        ("GET", "Barracuda Sentinel (EE)", timedelta(hours=1), "delivery.scanner"),
        ("GET", "python-requests/2.32", timedelta(hours=1), "delivery.scanner"),
        ("GET", PERSON, timedelta(seconds=2), "delivery.at_once"),
    ],
)
def test_case_48_machines_are_kept_apart_and_never_counted(
    post: Post, method: str, agent: str, after: timedelta, why: str | None
) -> None:
    """Flagged with the reason; the row tells the hour, no address and no program."""
    post.settings = COUNTED
    mail = written(post, "C1", agreed=True)
    *links, _picture = links_in(post, mail)

    note_visit(post.ledger, post.settings, links[0], method, agent, TEN + after)

    with post.ledger.reading() as connection:
        row = connection.execute(select(letter_visit)).one()
        found = visits_by_letter(connection, [mail.outbox_id])[mail.outbox_id]
    assert (row.machine, row.hour.minute, row.hour.second) == (why, 0, 0)
    assert found == Visits(followed=int(why is None), machines=int(why is not None))
    assert why is None or why in MACHINES


def test_case_48_who_follows_every_link_right_away_is_a_scanner(post: Post) -> None:
    """The first of them looked like a person's; with the last it is known to be none."""
    post.settings = COUNTED
    mail = written(post, "C1", agreed=True)
    first, second, picture = links_in(post, mail)

    note_visit(post.ledger, post.settings, first, "GET", PERSON, TEN + timedelta(seconds=20))
    note_visit(post.ledger, post.settings, second, "GET", PERSON, TEN + timedelta(seconds=21))
    note_visit(post.ledger, post.settings, picture, "GET", PERSON, LATER)
    note_visit(post.ledger, post.settings, first, "GET", PERSON, LATER)
    note_visit(post.ledger, post.settings, first, "GET", PERSON, LATER)

    with post.ledger.reading() as connection:
        assert visits_by_letter(connection, [mail.outbox_id]) == {mail.outbox_id: Visits(1, 1, 2)}
    assert visits(post) == 4  # the same link in the same hour is one row


def test_consent_that_is_taken_back_ends_it_at_once(post: Post) -> None:
    """The link still leads on; no further row; and an erasure takes along what there was."""
    post.settings = COUNTED
    mail = written(post, "C1", agreed=True)
    first, second, _picture = links_in(post, mail)
    note_visit(post.ledger, post.settings, first, "GET", PERSON, LATER)
    with post.ledger.writing() as connection:
        record_consent(connection, "C1", "revoked", "form", LATER, "any", "analytics")

    note_visit(post.ledger, post.settings, second, "GET", PERSON, LATER)

    assert visits(post) == 1
    with post.ledger.writing() as connection:
        assert destination_of(connection, second) == "https://shop.example/b"
        assert forget_visits(connection, ["C1"]) == 1
        assert connection.execute(select(OUTBOX.c.state)).scalar_one() == "accepted"
