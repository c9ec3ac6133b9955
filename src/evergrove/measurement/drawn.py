"""Experiments as they were drawn: control groups of playbooks, and contents that customers of a step got by chance."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.decisions.tables import decision
from evergrove.measurement.adjusting import adjustment
from evergrove.measurement.cells import Assigned, assigned_before, of_persons, whole_windows
from evergrove.measurement.costs import PAID_FOR, sent_by_playbook
from evergrove.measurement.experiments import HARMS, Arm, Trial
from evergrove.measurement.keeping import stops
from evergrove.measurement.rules import comparable, strata_of
from evergrove.measurement.types import NOBODY, NOBODY_KNOWN, PACKAGE
from evergrove.outbox import OUTBOX
from evergrove.people.identity import persons_now
from evergrove.people.tables import consent_event
from evergrove.stats import srm, srm_within, whole
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, tzinfo

    from sqlalchemy import Connection

    from evergrove.campaigns import Installed
    from evergrove.campaigns.definition import Variant
    from evergrove.measurement.experiments import Harm
    from evergrove.measurement.types import Cell
    from evergrove.stats import Paired
    from evergrove.warehouse import Engine

    Harmed = Mapping[tuple[str, str], Mapping[Harm, int]]

SAID = ("unsubscribe", "complaint")
"""Sources of a word that takes consent back because of a message."""


@dataclass(frozen=True)
class Ground:
    """
    What experiments are counted on.

    Attributes:
        engine: Shows ``orders`` and ``refunds`` as known now.
        connection: Of any block.
        as_of: The last day whose orders count.
        zone: Of the workspace, which says on what day somebody left.
        margin: Share of revenue that is counted.
        window: Days over which an outcome is counted.
        cap: A person's figure above it counts as the cap.
    """

    engine: Engine
    connection: Connection
    as_of: date
    zone: tzinfo
    margin: float
    window: int
    cap: float


@dataclass(frozen=True)
class Split:
    """
    Contents of one step, of which each customer got one by chance.

    Attributes:
        playbook: Its key.
        version: Whose contents they are.
        step: Number of the step, from 0.
        variants: The contents, the first to be compared with.
    """

    playbook: str
    version: int
    step: int
    variants: tuple[Variant, ...]

    @property
    def key(self) -> str:
        """Names it among other layers."""
        return f"{self.playbook}/{self.version}/{self.step}"


def drawn(ground: Ground, playbooks: Sequence[Installed]) -> list[Trial]:
    """
    Every experiment in which anybody stands.

    Args:
        ground: What is counted on.
        playbooks: Of the workspace, with their contents as they are at work.

    Returns:
        Control groups by playbook, then contents by playbook and step.
    """
    known = {each.playbook.key for each in playbooks}
    rows = [each for each in assigned_before(ground.connection, ground.as_of) if each.layer_key in known]
    splits = [
        Split(each.playbook.key, each.playbook.version, number, step.variants)
        for each in playbooks
        for number, step in enumerate(each.playbook.steps)
        if len(step.variants) > 1
    ]
    contents, costs = _contents(ground, splits)
    harmed = _harmed(ground, [*rows, *contents])
    return [*_controls(ground, rows, harmed), *_splits(ground, splits, contents, costs, harmed)]


def _controls(ground: Ground, rows: Sequence[Assigned], harmed: Harmed) -> list[Trial]:
    by_playbook: dict[str, list[Assigned]] = defaultdict(list)
    for row in rows:
        by_playbook[row.layer_key].append(row)
    cells: dict[str, list[Cell]] = defaultdict(list)
    for cell in whole_windows(ground.engine, rows, ground.as_of, ground.margin, ground.window, ground.cap):
        cells[cell.layer_key].append(cell)
    sent = sent_by_playbook(ground.connection, ground.as_of, ground.zone)
    stopped = stops(ground.connection, ground.as_of)
    found = []
    for key, own in sorted(by_playbook.items()):
        stop = stopped.get(key)
        cost = float(sent[key][1]) if key in sent else 0.0
        trial = _control(key, own, cells[key], cost, harmed, stop.as_of if stop else None)
        if trial is not None:
            found.append(trial)
    return found


def _control(
    key: str,
    rows: Sequence[Assigned],
    cells: Sequence[Cell],
    cost: float,
    harmed: Harmed,
    stopped_early: date | None,
) -> Trial | None:
    """One playbook; None where nobody was drawn: a playbook without a control group is no experiment."""
    coins = [row for row in rows if 0.0 < row.probability < 1.0]
    if not coins:
        return None
    counts = Counter(row.arm for row in coins)
    drawn_by_chance = [each for each in cells if 0.0 < each.probability < 1.0]
    paired = comparable(strata_of(drawn_by_chance, attrgetter("paired"), NOBODY_KNOWN))
    taken = adjustment(paired)
    strata = [(taken.of(control), taken.of(treated)) for control, treated in paired]
    control, treated = whole(strata) if strata else (NOBODY, NOBODY)
    share = sum(1.0 - row.probability for row in coins) / len(coins)
    everybody = sum(row.arm == "treated" for row in rows)
    return Trial(
        "control",
        key,
        None,
        None,
        Arm("control", share, counts["control"], control, 0.0, harmed.get((key, "control"), {})),
        (
            Arm(
                "treated",
                1.0 - share,
                counts["treated"],
                treated,
                cost / everybody if everybody else 0.0,
                harmed.get((key, "treated"), {}),
            ),
        ),
        {"treated": strata},
        srm_within(_sizes(coins)),
        min(row.as_of for row in coins),
        stopped_early,
        taken.variance_left,
    )


def _sizes(rows: Sequence[Assigned]) -> list[tuple[tuple[int, int], tuple[float, float]]]:
    counts = Counter((row.probability, row.arm) for row in rows)
    return [
        ((counts[chance, "treated"], counts[chance, "control"]), (chance, 1.0 - chance))
        for chance in sorted({row.probability for row in rows})
    ]


def _contents(
    ground: Ground, splits: Sequence[Split]
) -> tuple[list[Assigned], Mapping[tuple[str, str], float]]:
    """Who got which content, from the first message of the step on; and what the messages of each cost in all."""
    by_place = {(each.playbook, each.version, each.step): each for each in splits}
    row = OUTBOX.c
    query = (
        select(
            row.playbook,
            row.version,
            row.step,
            row.params,
            row.customer_id,
            row.state,
            row.cost,
            decision.c.tier,
            decision.c.stage,
            decision.c.as_of,
        )
        .join(decision, decision.c.id == row.decision_id)
        .where(
            row.playbook.in_({each.playbook for each in splits}),
            row.arm == "treated",
            decision.c.as_of < ground.as_of,
        )
        .order_by(decision.c.as_of, row.id)
    )
    first: dict[tuple[str, str], Assigned] = {}
    costs: dict[tuple[str, str], float] = defaultdict(float)
    for each in ground.connection.execute(query) if splits else ():
        split, name = by_place.get((each.playbook, each.version, each.step)), each.params.get("variant")
        if split is None or name not in {one.name for one in split.variants}:
            continue
        share = next(one.share for one in split.variants if one.name == name)
        person = Assigned(split.key, share, each.tier, each.stage, name, each.customer_id, each.as_of)
        first.setdefault((split.key, each.customer_id), person)
        if each.state in PAID_FOR:
            costs[split.key, name] += float(each.cost)
    return of_persons(list(first.values()), persons_now(ground.connection)), costs


def _splits(
    ground: Ground,
    splits: Sequence[Split],
    rows: Sequence[Assigned],
    costs: Mapping[tuple[str, str], float],
    harmed: Harmed,
) -> list[Trial]:
    paired: dict[tuple[str, str], Paired] = defaultdict(lambda: NOBODY_KNOWN)
    for cell in whole_windows(ground.engine, rows, ground.as_of, ground.margin, ground.window, ground.cap):
        paired[cell.layer_key, cell.arm] += cell.paired
    found = []
    for split in sorted(splits, key=attrgetter("key")):
        own = [row for row in rows if row.layer_key == split.key]
        if own:
            people = Counter(row.arm for row in own)
            brought = tuple(paired[split.key, each.name] for each in split.variants)
            taken = adjustment([brought])
            arms = [
                Arm(
                    each.name,
                    each.share,
                    people[each.name],
                    taken.of(arm),
                    costs.get((split.key, each.name), 0.0) / max(people[each.name], 1),
                    harmed.get((split.key, each.name), {}),
                )
                for each, arm in zip(split.variants, brought, strict=True)
            ]
            found.append(_split(split, arms, min(row.as_of for row in own), taken.variance_left))
    return found


def _split(split: Split, arms: Sequence[Arm], first: date, variance_left: float) -> Trial:
    base, *others = arms
    return Trial(
        "content",
        split.playbook,
        split.version,
        split.step + 1,
        base,
        tuple(others),
        {each.name: [(base.whole, each.whole)] for each in others},
        srm([each.people for each in arms], [each.planned for each in arms]),
        first,
        variance_left=variance_left,
    )


def _harmed(ground: Ground, rows: Sequence[Assigned]) -> Harmed:
    """How many of each arm left, complained or gave something back."""
    persons = persons_now(ground.connection)
    row = consent_event.c
    query = select(row.customer_id, row.given_at, row.source).where(
        row.source.in_(SAID), row.status == "revoked"
    )
    said = [
        (
            persons.get(each.customer_id, each.customer_id),
            each.given_at.astimezone(ground.zone).date(),
            each.source,
        )
        for each in ground.connection.execute(query)
    ]
    ground.engine.register("assigned", _table(Assigned._fields, rows))
    ground.engine.register("said", _table(("customer_id", "day", "what"), said))
    try:
        counted = ground.engine.run(statement(PACKAGE, "harm_sums"), as_of=ground.as_of)
    finally:
        ground.engine.unregister("assigned")
        ground.engine.unregister("said")
    found: dict[tuple[str, str], dict[Harm, int]] = defaultdict(dict)
    for key, arm, what, number in counted:
        if what in HARMS:
            found[key, arm][what] = int(number)
    return found


def _table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:
    """Rows as a table of the engine: days and chances as such, everything else as text."""
    import pyarrow as pa  # noqa: PLC0415 - what only reads the value ledger does without

    kinds = {"as_of": pa.date32(), "day": pa.date32(), "probability": pa.float64()}
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pa.table(
        {
            name: pa.array(column, kinds.get(name, pa.string()))
            for name, column in zip(names, columns, strict=True)
        }
    )
