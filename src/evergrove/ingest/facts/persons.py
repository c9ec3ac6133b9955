"""Facts under the name of the person behind a customer; what is stored keeps the id that the shop told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.ingest.sources.batches import arrow_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.warehouse import Engine

PERSONS = "persons"
"""Table persons(customer_id, person_id): customers who stand under another's name. Only there where there are any."""


def know_persons(engine: Engine, persons: Mapping[str, str]) -> None:
    """
    Show to SQL who stands under whose name.

    Args:
        engine: An older table goes.
        persons: Customer to person, where the two differ.
    """
    engine.drop(PERSONS)
    if not persons:
        return
    names = sorted(persons)
    columns = {"customer_id": names, "person_id": [persons[name] for name in names]}
    engine.register("persons_given", arrow_table(columns))
    engine.create(PERSONS, "select * from persons_given")
    engine.unregister("persons_given")


def as_persons(engine: Engine, query: str) -> str:
    """
    A query with persons in the place of customers; the query itself where nobody was joined.

    Args:
        engine: As ``know_persons`` left it.
        query: With a column customer_id.
    """
    if PERSONS not in engine.names:
        return query
    return (
        "select told.* replace (coalesce(persons.person_id, told.customer_id) as customer_id)"
        f" from ({query}) as told left join {PERSONS} on persons.customer_id = told.customer_id"
    )
