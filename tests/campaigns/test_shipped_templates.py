"""What playbooks send can be written, in every language, from what a proposal carries."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from evergrove.campaigns import rules
from evergrove.campaigns.reading import playbook_of, shipped_documents
from evergrove.campaigns.schedule import windows
from evergrove.campaigns.types import Progress
from evergrove.delivery import render
from evergrove.delivery.links import Ways
from evergrove.delivery.wording import values_of
from evergrove.people import Contact
from evergrove.settings import MailSettings
from evergrove.testing.situations import Shopper, situation
from evergrove.text import LANGUAGES

if TYPE_CHECKING:
    from evergrove.campaigns import Playbook
    from evergrove.text import Language

AS_OF = date(2026, 3, 1)
STEPS = [
    (playbook, number)
    for playbook in map(playbook_of, shipped_documents())
    for number in range(len(playbook.steps))
    if playbook.steps[number].do == "send" and not playbook.missing
]
WAYS = Ways("mailto:out@example.com", is_one_click=False, preferences="")
MAIL = MailSettings(sender="shop@example.com", sender_name="The Shop", unsubscribe="mailto:out@example.com")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("playbook", "number"), STEPS, ids=lambda value: getattr(value, "key", value))
def test_every_step_has_its_letter(playbook: Playbook, number: int, language: Language) -> None:
    """With the code and its last day in it where it carries a coupon."""
    ahead = (AS_OF + timedelta(days=3), AS_OF + timedelta(days=90), AS_OF + timedelta(days=99))
    seen = situation([Shopper("a", next_order=ahead)], first_gap_p50_days=20.0)
    progress = Progress("id", "a", "once", number, windows(playbook, seen, 0, AS_OF + timedelta(days=1)))
    day = progress.windows[number].due - timedelta(days=1)
    (proposal,) = rules.due_proposals(playbook, progress, seen, 0, day)
    contact = Contact("a", "a@example.com", "Ada", language, None)
    letter = render(proposal.template, language, values_of(proposal.params, contact, MAIL, language, WAYS))
    assert "Ada" in letter.text
    if playbook.steps[number].coupon:
        assert playbook.coupon is not None
        assert playbook.coupon.code in letter.text
        year = proposal.params["valid_until"][:4]
        assert year in letter.text


def test_a_milestone_s_letter_may_say_what_was_reached() -> None:
    """So many orders, as the playbook has it."""
    document = next(each for each in shipped_documents() if each["key"] == "L4m")
    spent = document | {"trigger": {"kind": "milestone", "spend": 5000}}
    for each, reached in ((document, "10"), (spent, "5000")):
        playbook, seen = playbook_of(each), situation([Shopper("a")])
        progress = Progress("id", "a", "once", 0, windows(playbook, seen, 0, AS_OF + timedelta(days=1)))
        (proposal,) = rules.due_proposals(
            playbook, progress, seen, 0, progress.windows[0].due - timedelta(days=1)
        )
        assert proposal.params["milestone"] == reached
