"""The verbs of ``evergrove segments`` that are about tier policies: see them, try one out, let one rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work, say_next
from evergrove.core import Term, _
from evergrove.pipeline.tier_preview import preview_policy
from evergrove.segments.sentences.own_tiers import tier_word, tier_words
from evergrove.segments.tiers.adoption import SHIPPED, adopt, newest_adopted, policy_named, shipped_text
from evergrove.segments.tiers.documents import SETTINGS, policy_document
from evergrove.segments.tiers.errors import UnknownPolicy
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.pipeline.tier_preview import TierPreview

HEADER = (_("policy"), _("tiers"), _("in force"))
FLOWS = (_("from"), _("to"), _("customers"), _("value in 12 months"))
BOUNDS = (_("criterion"), _("in force"), _("in customers"), _("in value"))
MOVERS = (_("customer"), _("from"), _("to"), _("value in 12 months"))
RULES = _("{name}, version {version}, rules from the next run on.")
BACK = _("The settings of [tiers] rule again from the next run on.")
MOVED = _("As of {as_of}, {moved} of {customers} {customers:customer|customers} would move.")
NOT_STORED = _("Nothing was stored. To let it rule: evergrove segments adopt {policy}")
YES = Term(_("yes"))

Policy = Annotated[
    str, typer.Argument(help='Name of a policy, such as three_tiers; "settings"; or a TOML file.')
]


def policies(
    write: Annotated[str, typer.Option("--write", help="Print the file of this policy, to start from.")] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List the tier policies that Evergrove brings, and say which one rules."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        if write and write not in SHIPPED:
            raise UnknownPolicy(name=write, known=SHIPPED)
        with here.ledger.reading() as connection:
            newest = newest_adopted(connection)
        ruling = newest.name if newest else SETTINGS
        documents = {name: policy_document(found) for name in SHIPPED if (found := policy_named(name))}
        if write:
            typer.echo(shipped_text(write))  # line by line, as it stands
        else:
            formats = Formats(terminal.language)
            names = (SETTINGS, *SHIPPED, *([ruling] if ruling not in (SETTINGS, *SHIPPED) else []))
            rows = [
                (
                    name,
                    formats.enumerated([tier["key"] for tier in documents.get(name, {}).get("tiers", ())]),
                    formats.say(YES) if name == ruling else "",
                )
                for name in names
            ]
            terminal.table(formats.say(_("Tier policies")), rows, tuple(map(formats.say, HEADER)))
        version = newest.version if newest else 0
        result = {"ruling": ruling, "version": version, "shipped": documents}
        terminal.result("tier_policies", result)


def preview(
    policy: Policy,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say who would move under a policy, and what they are worth; nothing is stored."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        found = preview_policy(here.warehouse, here.settings, policy_named(policy))
        formats = Formats(terminal.language)
        for warning in found.warnings:
            terminal.warn(warning)
        words = {"as_of": found.as_of, "moved": found.moved, "customers": found.customers}
        terminal.say(formats.say(MOVED, **words))
        ruled, rules = (tier_words(each, terminal.language) for each in (found.ruled, found.rules))

        def said(before: str, after: str) -> tuple[str, str]:
            return formats.say(tier_word(before, ruled)), formats.say(tier_word(after, rules))

        moves = [
            (*said(before, after), formats.number(count), formats.number(round(value)))
            for (before, after), (count, value) in found.flows.items()
            if before != after
        ]
        terminal.table(formats.say(_("Who would move")), moves, tuple(map(formats.say, FLOWS)))
        movers = [
            (who, *said(before, after), formats.number(round(value)))
            for who, before, after, value in found.movers
        ]
        terminal.table(formats.say(_("Largest moves")), movers, tuple(map(formats.say, MOVERS)))
        bounds = [(name, *(_shown(each) for each in kinds.values())) for name, kinds in found.bounds.items()]
        title = formats.say(_("Bounds that would make the tiers equal"))
        terminal.table(title, bounds, tuple(map(formats.say, BOUNDS)))
        where = "" if workspace == HERE else f" -w {workspace}"
        terminal.say(formats.say(NOT_STORED, policy=f"{policy}{where}"))
        terminal.result("tier_preview", _figures(found))


def adopted(
    policy: Policy,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Let a policy rule from the next run on; who moves for it is not written to."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        wanted = policy_named(policy)
        with here.ledger.writing() as connection:
            found = adopt(connection, wanted, here.clock.now())
        formats = Formats(terminal.language)
        said = BACK if wanted is None else RULES
        terminal.say(formats.say(said, name=found.name, version=found.version))
        say_next(terminal, workspace, "run")
        terminal.result("tier_policy", {"name": found.name, "version": found.version, "sha256": found.sha256})


def _shown(bounds: tuple[float, ...]) -> str:
    return " / ".join(
        f"{bound:,.2f}".removesuffix(".00") if bound < float("inf") else "-" for bound in bounds
    )


def _figures(found: TierPreview) -> dict[str, Any]:
    return {
        "as_of": found.as_of.isoformat(),
        "policy": found.policy,
        "tiers": list(found.tiers),
        "customers": found.customers,
        "moved": found.moved,
        "flows": [
            {"from": before, "to": after, "customers": count, "clv_12m": value}
            for (before, after), (count, value) in found.flows.items()
        ],
        "movers": [
            {"customer_id": who, "from": before, "to": after, "clv_12m": value}
            for who, before, after, value in found.movers
        ],
        "bounds": {
            name: {kind: [None if b == float("inf") else b for b in bounds] for kind, bounds in kinds.items()}
            for name, kinds in found.bounds.items()
        },
    }
