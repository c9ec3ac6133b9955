"""Case 61 as a property: in whatever order things happen, nothing leaves after its reader has left."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.delivery.links.conftest import TEN, Post

from evergrove.delivery.links import signed_name
from evergrove.delivery.links.leaving import leave
from evergrove.delivery.links.letters import letter_of
from evergrove.delivery.returns import Told, take_return
from evergrove.ledger import create_all, open_ledger
from evergrove.outbox import claim, defer
from evergrove.people import erase, new_master_key, open_seal

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ACTS = ("queue", "claim", "hand back", "send", "leave", "complain", "erase")


@settings(
    max_examples=40 if "EVERGROVE_PROVE" in os.environ else 15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(["C1", "C2"])), min_size=3, max_size=14))
def test_nothing_leaves_after_the_leave(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, str]]
) -> None:
    """Queue, claim, hand back, send, leave, complain, erase; two persons, of whom each speaks for herself alone."""
    post = fresh(tmp_path_factory.mktemp("order"))
    gone: dict[str, int] = {}
    names: dict[str, list[str]] = {"C1": [], "C2": []}
    held = []

    for act, customer in acts:
        if act == "queue":
            names[customer].append(post.queue(customer, len(names[customer]) + 1))
        elif act == "claim":
            held += claim(post.ledger, "another", TEN, limit=1)
        elif act == "hand back":
            with post.ledger.writing() as connection:
                for each in held:
                    defer(connection, each, TEN, "delivery.handed_back", TEN)
            held = []
        elif act == "send":
            post.send()
        elif names[customer] and said(post, act, customer, names[customer][-1]):
            gone.setdefault(customer, post.reached.count(f"{customer.lower()}@example.com"))
        for who, before in gone.items():
            assert post.reached.count(f"{who.lower()}@example.com") == before
    post.ledger.close()


def said(post: Post, act: str, customer: str, name: str) -> bool:
    """Leave, complain or be erased; whether it counts: a letter that has not left cannot be complained about."""
    with post.ledger.writing() as connection:
        if act == "leave":
            leave(connection, post.seal, name, TEN)
            return True
        if act == "erase":
            return erase(connection, customer, TEN)
        letter = letter_of(connection, name)
        told = Told(name, f"{signed_name(post.seal, name)}@shop.example", "complaint", "mail")
        taken = take_return(connection, post.seal, told, TEN)
        assert (taken == "strange") == (letter is None or letter.left_at is None)
        return taken == "taken"


def fresh(folder: Path) -> Post:
    """A shop of two persons."""
    from evergrove.campaigns import install_playbooks

    ledger = open_ledger(folder / "ledger.sqlite", create=True)
    create_all(ledger)
    new_master_key(folder / "key")
    with ledger.writing() as connection:
        install_playbooks(connection, TEN)
    post = Post(ledger, open_seal(ledger, folder / "key"))
    post.people("C1", "C2")
    return post
