"""
Write the reference pages that the code itself declares: columns, tables, presets, settings, error codes, rights, routes.

``--check`` changes nothing and fails when a page is stale.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import evergrove
from evergrove.access.rights import OF_CLASS, SINGLY, TABLE, WITHOUT
from evergrove.access.types import FIELD_CLASSES, ROLES
from evergrove.api import RESOURCES
from evergrove.core import EvergroveError, EvergroveWarning
from evergrove.delivery.rendering import CATALOGUE, FILTERS, TAGS
from evergrove.export import CUSTOMER_COLUMNS, SCORE_COLUMNS, TIER_COLUMNS, TRANSITION_COLUMNS
from evergrove.export.due import DUE_COLUMNS
from evergrove.export.health import HEALTH_COLUMNS
from evergrove.export.segments import MEMBER_COLUMNS
from evergrove.export.traits import CAC_COLUMNS, TRAIT_COLUMNS
from evergrove.http import GuardedRoute
from evergrove.ingest.presets.preset import shipped_presets
from evergrove.ingest.tables.declared import declared_tables
from evergrove.ingest.values.words import table
from evergrove.segments.language.catalogue import catalogue, operators
from evergrove.segments.language.checks import example
from evergrove.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from evergrove.export import Column
    from evergrove.segments.language.catalogue import Field, Function, Type

PAGES = Path(__file__).resolve().parents[1] / "docs" / "reference"
AGREEING = re.compile(r"\{\w+:[^{}|]*\|([^{}]*)\}")
"""Words that agree with a number, ``{days:day|days}``: the page shows those for many."""


def described(columns: Sequence[Column]) -> list[str]:
    """A table of columns."""
    rows = [f"| `{c.name}` | {c.type} | {c.unit or '-'} | {c.sentence} |" for c in columns]
    return ["| column | type | unit | says |", "|---|---|---|---|", *rows, ""]


def columns() -> str:
    """The published tables."""
    known = {column.name for column in CUSTOMER_COLUMNS}
    return "\n".join(
        [
            "# Columns of customers.parquet",
            "",
            "One row per customer, in this order; later stations append. The rules behind each figure stand in",
            "[definitions](definitions.md). NULL means that the figure cannot be given; the report says why.",
            "",
            *described(CUSTOMER_COLUMNS),
            "## What a workspace publishes each night",
            "",
            "`evergrove export scores|tiers|transitions|health|due|traits|cac_by_source` writes the newest. **scores**: the columns above without `tier`,",
            "`stage` and `action`, and",
            "",
            *described([column for column in SCORE_COLUMNS if column.name not in known]),
            "**tiers**: where everybody stands, and what the next run must remember of it.",
            "",
            *described(TIER_COLUMNS),
            "**transitions**: who moved, in which run and why; rows are added and never changed.",
            "",
            *described(TRANSITION_COLUMNS),
            "**health**: how things stand with each customer who bought, and where they are heading ([health](../health.md)).",
            "",
            *described(HEALTH_COLUMNS),
            "**due**: when everybody has to be looked at again, if nothing is heard of him before ([segments](../segments.md)).",
            "",
            *described(DUE_COLUMNS),
            "**traits**: what tables beside orders (costs, spend, events, order_lines, products, tickets, surveys) say of",
            "each customer with a purchase, up to the day of the run; there where any of them holds rows. Values and",
            "chances are forecast without them, but for costs, which make the basis.",
            "",
            *described(TRAIT_COLUMNS),
            "**cac_by_source**: what winning customers cost; there where spend is told. The spend of a source and month is",
            "borne by the customers whom it won in that month; where it won none that is known, by those of the month of",
            "whom no source is known.",
            "",
            *described(CAC_COLUMNS),
        ]
    )


SHOWN = 5
"""Headers that a page shows of a column; all stand in the table's file."""


def tables() -> str:
    """The tables that may be imported."""
    lines = [
        "# Tables that may be imported",
        "",
        "`evergrove ingest FILE... [--as TABLE]`; without `--as` the headers tell the table. `--map COLUMN=HEADER` says of a",
        "column which one it is. Of class *personal* and *free_text* nothing enters the warehouse: it is sealed in the",
        "ledger under the customer, or, through the order, under whoever bought it. What is nobody's, and of events `url`, `ip`",
        "and `user_agent`, is counted and not kept. Customers files are described in the [quickstart](../quickstart-workspace.md).",
        "",
        "## orders",
        "",
        "One row an order, or a line of one.",
        "",
        "| column | type | class | unit | says | headers, for example |",
        "|---|---|---|---|---|---|",
    ]
    for role, entry in table("columns").items():
        names = entry.get("aliases") or [*entry["paid"], *entry["placed"], *entry["created"]]
        needed = " *(needed)*" if role in ("customer", "date") else ""
        lines.append(_table_row(role + needed, entry, names))
    for declared in declared_tables().values():
        lines += [
            "",
            f"## {declared.name}",
            "",
            declared.sentence,
            *([f"Needs one of {', '.join(group)}." for group in declared.one_of]),
            "",
            "| column | type | class | unit | says | headers, for example |",
            "|---|---|---|---|---|---|",
        ]
        for column in declared.columns:
            entry = {
                "type": column.type,
                "class": column.class_,
                "unit": column.unit,
                "sentence": column.sentence,
            }
            needed = " *(needed)*" if column.is_required else ""
            lines.append(_table_row(column.name + needed, entry, column.aliases))
    return "\n".join([*lines, ""])


def _table_row(name: str, entry: Mapping[str, str], headers: Sequence[str]) -> str:
    bare, star, rest = name.partition(" ")
    chinese = [header for header in headers if not header.isascii()]
    english = [header for header in headers if header.isascii()]
    shown = ", ".join([*english[:SHOWN], *chinese[:SHOWN]]).replace("|", "\\|")
    unit = entry.get("unit") or "-"
    return f"| `{bare}`{star}{rest} | {entry['type']} | {entry['class']} | {unit} | {entry['sentence']} | {shown} |"


def presets() -> str:
    """What is known of the exports of shop systems."""
    lines = [
        "# Presets",
        "",
        "What is known of the exports of shop systems, one TOML file each in `src/evergrove/ingest/presets/`. The header",
        "tells which one a file is; `--preset NAME` says so. `--save-preset NAME` keeps a mapping of your own in the",
        "workspace, which the next file with the same headers finds again.",
    ]
    for preset in shipped_presets():
        lines += ["", f"## {preset.name}: {preset.title}", ""]
        if preset.by_alias:
            lines += [preset.traps[0]]
            continue
        roles = [f"{role} = {' / '.join(names)}" for role, names in preset.columns.items() if names]
        zone, money = preset.timezone or "say it", preset.currency or "as the file says"
        is_what = (
            f"A row is {ROWS[preset.grain]}. Encoding: {preset.encoding}. Zone: {zone}. Currency: {money}."
        )
        lines += [
            f"- Table: {preset.table}. {is_what}",
            f"- Told by {preset.at_least} of: {', '.join(preset.signature)}.",
            *([f"- Columns: {'; '.join(roles)}."] if roles else []),
            f"- Refunds: {preset.refund}",
            *(f"- {trap}" for trap in preset.traps),
        ]
    return "\n".join([*lines, ""])


ROWS = {"": "an order or a line, found out from the rows", "order": "an order", "line": "a line of an order"}


GROUPS = {
    "customer": "What tables beside orders tell; unknown where they are not there",
    "summary": "Orders so far",
    "scores": "Forecasts",
    "tier": "Value tier",
    "stage": "Place in the life cycle",
    "trend": "Where it is heading",
    "health": "Health and early warning",
    "events": "What customers did in so many days",
    "products": "What they bought in so many days",
    "consent": "What they agreed to",
    "membership": "Other segments",
}


def segment_fields() -> str:
    """What conditions may name."""
    known = catalogue()
    lines = [
        "# Fields, functions and operators of the segment language",
        "",
        "What a condition may name; how one is written stands in [the segment language](../segment-language.md).",
        "",
        "| type | operators, beside `is unknown` and `is not unknown` |",
        "|---|---|",
        *(
            f"| {', '.join(types)} | {', '.join(f'`{op}`' for op in operators(types[0]))} |"
            for types in TYPES
        ),
        "",
        "A function of type flag is true or false by itself.",
    ]
    for group, says in GROUPS.items():
        fields_here = [each for each in known.fields.values() if each.group == group]
        functions = [each for each in known.functions.values() if each.group == group]
        lines += [
            "",
            f"## {says}",
            "",
            "| write | type | unit | says | 简体中文 | 繁體中文 | values |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [_named(f"`{each.name}`", each) for each in fields_here]
        lines += [_named(f"`{example(each)}`", each) for each in functions]
    return "\n".join(
        [
            *lines,
            "",
            "An argument for days may be left out where the words have no need of it: then all that is known counts.",
            "",
            "## segment_members",
            "",
            "Who is in which segment, and who was in the last 400 days; published by each run once a segment is stored.",
            "",
            *described(MEMBER_COLUMNS),
        ]
    )


TYPES: tuple[tuple[Type, ...], ...] = (("money", "number", "share", "count"), ("date",), ("word",), ("text",))


def _named(written: str, about: Field | Function) -> str:
    english, simplified, traditional = about.words
    values = ", ".join(f"`{value}`" for value in about.values) or "-"
    return f"| {written} | {about.type} | {about.unit or '-'} | {english} | {simplified} | {traditional} | {values} |"


def settings() -> str:
    """Every setting, by section."""
    lines = [
        "# Settings",
        "",
        "Defaults, overridden by `evergrove.toml` in the current folder (or `--settings FILE`), overridden by",
        "`EVERGROVE_<SECTION>_<NAME>` in the environment, overridden by options of the command.",
    ]
    for section in fields(Settings):
        current = getattr(Settings(), section.name)
        lines += ["", f"## [{section.name}]", "", "| name | default | unit | says |", "|---|---|---|---|"]
        for each in fields(current):
            default = getattr(current, each.name)
            shown = "-" if default is None or default == "" else f"`{default}`"
            unit, sentence = each.metadata["unit"] or "-", each.metadata["sentence"]
            lines.append(f"| `{each.name}` | {shown} | {unit} | {sentence} |")
    return "\n".join([*lines, ""])


def worded() -> Iterator[type[EvergroveError | EvergroveWarning]]:
    """Every error and warning that has a code of its own."""
    for module in pkgutil.walk_packages(evergrove.__path__, "evergrove."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting: list[type[EvergroveError | EvergroveWarning]] = [EvergroveError, EvergroveWarning]
    while waiting:
        current = waiting.pop()
        waiting += current.__subclasses__()
        if "message" in vars(current):
            yield current


def errors() -> str:
    """Every code, once: what a person reads when searching for it."""
    rows = []
    for each in sorted(worded(), key=lambda one: one.code):
        kind = "note" if issubclass(each, EvergroveWarning) else f"exit {each.exit_status}"
        says = AGREEING.sub(r"\1", f"{each.message} {each.hint}").replace("\n", " ")
        rows.append(f"| `{each.code}` | {kind} | {says} |")
    return "\n".join(
        [
            "# Codes",
            "",
            "Every error and note that Evergrove can say. A code is never used again for something else.",
            "",
            "| code | kind | says |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def rights() -> str:
    """Who may do what."""
    lines = [
        "# Rights",
        "",
        "Who may do what, written from the one table in `src/evergrove/access/rights.py` that is asked whenever somebody",
        "acts. A right is also the name of a key's scope. ● has it; ○ gets it where `evergrove users role ... --personal`",
        "gives it to a single person beside the role.",
        "",
        f"| right | {' | '.join(ROLES)} | lets one |",
        f"|---|{'---|' * len(ROLES)}---|",
    ]
    for right in TABLE:
        single = "○" if right.name in SINGLY else "-"
        marks = ["●" if role in right.roles else single for role in ROLES]
        lines.append(f"| `{right.name}` | {' | '.join(marks)} | {right.sentence} |")
    asked = _asked()
    return "\n".join(
        [
            *lines,
            "",
            "## Fields, by class",
            "",
            "Every column declares its [class](tables.md). Without the right nothing can be filtered, sorted or searched by it",
            "either: one bit an answer would tell it all in the end.",
            "",
            "| class | shown by | without it |",
            "|---|---|---|",
            *(f"| {each} | `{OF_CLASS[each]}` | {WITHOUT[each]} |" for each in FIELD_CLASSES),
            "",
            "## What asks for it",
            "",
            "Verbs of a workspace, and [routes](routes.md) of the service.",
            "",
            "| right | verbs | routes |",
            "|---|---|---|",
            *(
                f"| `{right.name}` | {_listed(right.verbs)} | {_listed(asked.get(right.name, []))} |"
                for right in TABLE
            ),
            "",
        ]
    )


def _asked() -> dict[str, list[str]]:
    """The routes that ask for each right."""
    found: dict[str, list[str]] = {}
    for resource in RESOURCES:
        for each in resource.routes.router.routes:
            if isinstance(each, GuardedRoute) and each.rule.right:
                (method,) = sorted(each.methods or ())
                found.setdefault(each.rule.right, []).append(f"{method} {each.path}")
    return found


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "-"


def routes() -> str:
    """Every route of the service."""
    lines = [
        "# Routes",
        "",
        "Every route of the service, below `/v1`, written from the code; `/v1/openapi.json` has all of them with parameters,",
        "bodies and answers. What a right lets one do, and who has it, stands in [rights](rights.md). A POST, PUT, PATCH or",
        "DELETE marked *once* hears `Idempotency-Key`; one marked *in person* asks for somebody who has signed in, and no key does it.",
    ]
    for resource in RESOURCES:
        router = resource.routes.router
        lines += ["", f"## {router.tags[0]}", "", "| route | asks for | does |", "|---|---|---|"]
        lines += [_route_row(each) for each in router.routes if isinstance(each, GuardedRoute)]
    return "\n".join([*lines, ""])


def _route_row(each: GuardedRoute) -> str:
    rule, (method,) = each.rule, sorted(each.methods or ())
    asks = f"`{rule.right}`" if rule.right else "to be known" if rule.known else "nothing"
    sentence = " ".join((each.endpoint.__doc__ or "").strip().partition("\n\n")[0].split())
    marks = f"{', *in person*' if rule.person else ''}{', *once*' if rule.once else ''}"
    return f"| `{method} {each.path}` | {asks}{marks} | {sentence} |"


SOURCES = {
    "sender": "settings",
    "recipient": "recipient",
    "step": "playbook's step",
    "decision": "when the message was decided on",
    "night": "latest run, when the message leaves",
    "playbook": "nobody yet",
}
"""Where values of letters come from, in words."""


def letter_values() -> str:
    """What letters may name, and what they are written with."""
    lines = [
        "# What a letter may name",
        "",
        "Every value, filter and tag of letters ([templates](../templates.md)), written from the code. *always*: every recipient",
        "has it; who lacks another is skipped with `delivery.missing_value`, unless the letter says what stands there instead.",
        "",
        "## Values",
        "",
        "| value | type | always | personal | is | from | sample |",
        "|---|---|---|---|---|---|---|",
    ]
    for value in CATALOGUE.values():
        marks = f"{'●' if value.is_certain else ''} | {'●' if value.is_personal else ''}"
        lines.append(
            f"| `{value.name}` | {value.type} | {marks} | {value.sentence} | {SOURCES[value.source]} | {value.sample or '-'} |"
        )
    for title, table_ in (("Filters", FILTERS), ("Tags", TAGS)):
        lines += ["", f"## {title}", "", f"| {title[:-1].lower()} | does |", "|---|---|"]
        lines += [
            f"| `{name}` | {sentence.replace('|', chr(92) + '|')} |" for name, sentence in table_.items()
        ]
    return "\n".join([*lines, ""])


def main(*, check: bool) -> int:
    """Write (or check) every page; returns the exit status."""
    stale = []
    for name, text in (
        ("columns", columns()),
        ("tables", tables()),
        ("presets", presets()),
        ("settings", settings()),
        ("segment-fields", segment_fields()),
        ("codes", errors()),
        ("rights", rights()),
        ("routes", routes()),
        ("letter-values", letter_values()),
    ):
        path = PAGES / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if not check:
                path.write_text(text, encoding="utf-8")
    print(
        "\n".join(f"{name}: {'stale, run make reference' if check else 'written'}" for name in stale)
        or "fresh"
    )
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
