"""Who may do what: one table, a row for each right. The page docs/reference/rights.md is written from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.access.errors import FieldMasked, PersonNeeded, RightMissing, UnknownRight
from evergrove.access.types import ROLES, Actor
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.access.types import FieldClass, Role, Sight

EVERYBODY: tuple[Role, ...] = ROLES
TEAM: tuple[Role, ...] = ("marketer", "analyst", "admin")
OUTREACH: tuple[Role, ...] = ("marketer", "admin")
FIGURES: tuple[Role, ...] = ("analyst", "admin")
ADMIN: tuple[Role, ...] = ("admin",)
BY_PERSONS = frozenset({"login", "terminal"})
"""How an actor shows who they are where a person must."""


@dataclass(frozen=True)
class Right:
    """
    One thing that may be allowed.

    Attributes:
        name: ``<thing>.<act>``; also the name of a key's scope.
        sentence: What it lets one do.
        roles: Who has it.
        verbs: The verbs of a workspace that ask for it.
    """

    name: str
    sentence: str
    roles: tuple[Role, ...]
    verbs: tuple[str, ...] = ()


TABLE: tuple[Right, ...] = (
    Right(
        "figures.read",
        _("Read reports, targets, reviews, effects, back-tests, and how runs went."),
        EVERYBODY,
        ("targets", "kept_targets", "review", "playbooks", "control_prices"),
    ),
    Right("customers.read", _("Read customers: value, tier, stage, reasons, attributes."), EVERYBODY),
    Right("segments.read", _("Read segments, and count who is in them."), EVERYBODY),
    Right("segments.write", _("Ask conditions of one's own, define and remove segments."), TEAM),
    Right("personal.read", _("Read names, addresses and phones unmasked; search and sort by them."), ADMIN),
    Right("free_text.read", _("Read what people wrote: tickets, answers, notes."), ADMIN),
    Right(
        "persons.read",
        _("See what is known of one person, which ids are that person, and why."),
        TEAM,
        ("person",),
    ),
    Right(
        "persons.join", _("Say which ids are one person, and which are not."), FIGURES, ("merge", "unmerge")
    ),
    Right("persons.export", _("Hand out everything that is known of one person."), ADMIN, ("export_person",)),
    Right("persons.erase", _("Erase a person for good."), ADMIN, ("erase",)),
    Right("consents.write", _("Record what a person agreed to or withdrew."), OUTREACH),
    Right("imports.read", _("See imports and which rows were rejected, personal data masked."), TEAM),
    Right("imports.write", _("Import files and tables."), FIGURES, ("ingest", "ingest_customers")),
    Right("events.write", _("Send events, orders, refunds and customers to the service."), FIGURES),
    Right("exports.write", _("Write published tables to files."), TEAM, ("export",)),
    Right(
        "runs.start", _("Start a run; compute a past day again."), FIGURES, ("run", "keep_targets", "replay")
    ),
    Right(
        "effects.measure",
        _("Measure what playbooks earned, and keep it in the value ledger."),
        FIGURES,
        ("measure",),
    ),
    Right(
        "backtests.run", _("Judge models by the past; later runs hear the champions."), FIGURES, ("backtest",)
    ),
    Right("policies.write", _("Adopt the policy by which tiers are given."), FIGURES),
    Right("targets.write", _("Set targets of one's own."), FIGURES),
    Right(
        "playbooks.write",
        _("Install, try, start, approve and pause playbooks, and release what they held back."),
        OUTREACH,
        ("add_playbook", "try_playbook", "start", "approve", "pause", "release"),
    ),
    Right(
        "suppressions.read", _("See which addresses nothing is sent to, and why; not the addresses."), TEAM
    ),
    Right(
        "suppressions.write",
        _("Take in bounces and complaints, and let an address be written to again."),
        OUTREACH,
        ("bounces",),
    ),
    Right("letters.read", _("Read letters and all their versions, and see what a reader would get."), TEAM),
    Right("letters.write", _("Write letters, and new versions of them."), OUTREACH),
    Right("letters.test", _("Send a letter for a try to people of the team."), OUTREACH),
    Right("coupons.read", _("See coupon campaigns, their figures and their codes."), TEAM),
    Right(
        "coupons.write",
        _("Make, change, pause and resume coupon campaigns; issue codes and take them back."),
        OUTREACH,
    ),
    Right(
        "coupons.redeem",
        _("Look codes up, reserve, redeem and roll them back: what a shop's till does."),
        OUTREACH,
    ),
    Right(
        "outreach.stop", _("Stop everything, a channel or a playbook at once, and let it go on."), OUTREACH
    ),
    Right("cases.read", _("See open matters of customers, during which nothing is advertised."), TEAM),
    Right("cases.write", _("Open and close matters of customers."), OUTREACH),
    Right("budgets.write", _("Set how much money outreach may cost."), OUTREACH),
    Right("messages.send", _("Send the messages that are due."), OUTREACH, ("send",)),
    Right(
        "outreach.read",
        _("See messages and what became of each, and the channels; no addresses and no words."),
        TEAM,
        ("channels",),
    ),
    Right(
        "outbox.settle",
        _("Say what became of messages of which nobody knows, and let failed ones leave once more."),
        OUTREACH,
    ),
    Right("tasks.read", _("See what staff are to do for customers."), TEAM),
    Right("tasks.write", _("Take tasks of staff, and say what came of them."), OUTREACH),
    Right("jobs.read", _("See jobs, their progress and their ends."), TEAM),
    Right("jobs.write", _("Stop jobs, and run those again that failed for good."), FIGURES),
    Right("keys.own", _("Make and revoke keys of one's own."), TEAM),
    Right("keys.manage", _("See and revoke everybody's keys."), ADMIN),
    Right("users.manage", _("Invite people, give roles, disable accounts."), ADMIN),
    Right("settings.read", _("Read the settings; secrets are never shown."), TEAM),
    Right(
        "settings.write",
        _("Change the settings; let a workspace that came back from a backup send again."),
        ADMIN,
        ("resume",),
    ),
    Right("audit.read", _("Read who did what."), ADMIN),
    Right("metrics.read", _("Read the service's own figures: load, errors, queues."), FIGURES),
    Right("workspace.check", _("Look for damage in the workspace."), FIGURES, ("doctor", "glance")),
    Right("workspace.back_up", _("Save the workspace to a file."), ADMIN),
)
RIGHTS: Mapping[str, Right] = {right.name: right for right in TABLE}

SINGLY: tuple[str, ...] = ("personal.read", "free_text.read")
"""Given to single persons beside their role: who works with names and addresses is no question of the role."""

OF_CLASS: Mapping[FieldClass, str] = {
    "key": "customers.read",
    "attribute": "customers.read",
    "personal": "personal.read",
    "free_text": "free_text.read",
}
"""The right that shows fields of each class as they are."""

WITHOUT: Mapping[FieldClass, Sight] = {
    "key": "hidden",
    "attribute": "hidden",
    "personal": "masked",
    "free_text": "hidden",
}
"""What is seen of them without it: of a text nobody knows which part would have to be masked."""


def right_named(name: str) -> Right:
    """
    The row of a right.

    Raises:
        UnknownRight: The table has none: it is a slip in code, which must not open or close anything.
    """
    if name not in RIGHTS:
        raise UnknownRight(right=name)
    return RIGHTS[name]


def right_of_verb(verb: str) -> str:
    """
    The right that a verb of the workspace asks for.

    Raises:
        UnknownRight: No row names the verb.
    """
    for right in TABLE:
        if verb in right.verbs:
            return right.name
    raise UnknownRight(right=verb)


def rights_of(role: Role, *, sees_personal: bool = False) -> frozenset[str]:
    """All rights of a role, and those that are given singly where they were."""
    own = {right.name for right in TABLE if role in right.roles}
    return frozenset(own | (set(SINGLY) if sees_personal else set()))


def may(actor: Actor, name: str) -> bool:
    """
    Whether somebody has a right.

    Raises:
        UnknownRight: The table does not name it.
    """
    return right_named(name).name in actor.rights


def require(actor: Actor, name: str) -> None:
    """
    Let nobody past who lacks a right.

    Raises:
        RightMissing: It is missing; a face answers 403.
        UnknownRight: The table does not name it.
    """
    if not may(actor, name):
        raise RightMissing(right=name, roles=", ".join(right_named(name).roles))


def require_person(actor: Actor, name: str) -> None:
    """
    Let nobody past but people who have signed in with a right, and the operator at the machine.

    For whatever lets somebody in or shuts somebody out: a key that leaks could otherwise make keys and accounts that
    are still there when it has been revoked.

    Raises:
        RightMissing: The right is missing.
        PersonNeeded: A key asks, or a job; a face answers 403.
        UnknownRight: The table does not name it.
    """
    require(actor, name)
    if actor.by not in BY_PERSONS:
        raise PersonNeeded


def sight(actor: Actor, of: FieldClass) -> Sight:
    """How fields of a class are seen by somebody; what is masked or hidden is so in every list, file and message."""
    return "shown" if may(actor, OF_CLASS[of]) else WITHOUT[of]


def check_condition(actor: Actor, fields: Mapping[str, FieldClass]) -> None:
    """
    Let nobody filter, sort or search by what is not shown: one bit an answer tells it all in the end.

    A segment that somebody else has stored is checked against whoever asks, not against its author.

    Args:
        actor: Who asks now.
        fields: Class of each field that the condition names.

    Raises:
        FieldMasked: The first field that is not shown.
    """
    for name, of in fields.items():
        if sight(actor, of) != "shown":
            raise FieldMasked(field=name, right=OF_CLASS[of])


def operator() -> Actor:
    """Whoever stands at the machine: the files are theirs anyway."""
    return Actor(None, frozenset(RIGHTS), "terminal")
