"""How customers may be written to, and the customers file that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation import world
from evergrove.simulation.day_export import emails, write_table
from evergrove.simulation.types import customer_ids

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from evergrove.simulation.types import Integers, People

CUSTOMER_COLUMNS = ("customer", "email", "name", "language", "timezone", "consent")
CONSENTS = ("yes", "", "no")
CONSENT_SHARES = (0.85, 0.10, 0.05)  # granted, never asked, denied
TRADITIONAL = 0.15  # of those with Chinese names
PLACES = {
    "zh-Hans": ("Asia/Shanghai",),
    "zh-Hant": ("Asia/Taipei", "Asia/Hong_Kong"),
    "en": ("Asia/Singapore", "Europe/London", "Australia/Sydney", "America/New_York", ""),
}


@dataclass(frozen=True, eq=False)
class Contacts:
    """
    How each person may be written to, shape (n,) each.

    Attributes:
        language: In which.
        timezone: IANA name; empty where it is not known.
        consent: yes, no, or empty: never asked.
    """

    language: NDArray[np.str_]
    timezone: NDArray[np.str_]
    consent: NDArray[np.str_]


def draw_contacts(people: People, random: np.random.Generator) -> Contacts:
    """Draw language by name, time zone by language, and consent."""
    number = len(people)
    chinese = people.name < len(world.CHINESE_NAMES)
    traditional = random.random(number) < TRADITIONAL
    language = np.where(chinese, np.where(traditional, "zh-Hant", "zh-Hans"), "en")
    place = random.random(number)
    zone = np.empty(number, dtype="U20")
    for name, zones in PLACES.items():  # three languages
        speaks = language == name
        zone[speaks] = np.array(zones)[(place[speaks] * len(zones)).astype(np.int64)]
    return Contacts(
        language=language, timezone=zone, consent=random.choice(np.array(CONSENTS), number, p=CONSENT_SHARES)
    )


def write_contacts(who: Integers, people: People, contacts: Contacts, path: Path) -> None:
    """Write a customers file as CSV: of these rows in ``People``, shape (k,)."""
    ids = customer_ids(who)
    names = np.array(world.NAMES)[people.name[who]]
    columns = (ids, emails(ids), names, contacts.language[who], contacts.timezone[who], contacts.consent[who])
    write_table(path, CUSTOMER_COLUMNS, columns)
