"""Worlds whose responses are known: what policies are judged in."""

from evergrove.simulation.worlds.cast import Cast, draw_cast
from evergrove.simulation.worlds.life import Contacts, Life, Week, begin, contacts_of, nobody
from evergrove.simulation.worlds.oracle import Belief, expected_amount
from evergrove.simulation.worlds.reading import SHIPPED, IncompleteWorld, UnknownWorld, read_world
from evergrove.simulation.worlds.response import Met
from evergrove.simulation.worlds.types import NOTHING, Action, InvalidWorld, World

__all__ = [
    "NOTHING",
    "SHIPPED",
    "Action",
    "Belief",
    "Cast",
    "Contacts",
    "IncompleteWorld",
    "InvalidWorld",
    "Life",
    "Met",
    "UnknownWorld",
    "Week",
    "World",
    "begin",
    "contacts_of",
    "draw_cast",
    "expected_amount",
    "nobody",
    "read_world",
]
