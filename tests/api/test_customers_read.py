"""Customers over HTTP: pages that fit together, one customer with reasons, and nothing that may not be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evergrove.testing.house import House


def test_pages_one_after_the_other_are_all_customers_once(begun_house: House) -> None:
    """Whatever column a list is sorted by, its pages together name everybody once, in order."""
    client = begun_house.client("viewer")
    run = begun_house.here.warehouse.newest("run")
    assert run is not None
    everybody = run.tables["scores"].rows
    for query in (
        "sort=customer_id",
        "sort=clv_12m&order=desc",
        "sort=health",
        "sort=last_order_date&order=desc",
    ):
        seen, cursor, answers = [], "", set()
        while cursor is not None:
            answer = client.get(f"/v1/customers?limit=40&{query}{f'&cursor={cursor}' if cursor else ''}")
            assert answer.status_code == 200, answer.text
            answers.add(answer.headers["Evergrove-Snapshot"])
            seen += answer.json()["items"]
            cursor = answer.json()["next_cursor"]
        assert len(seen) == len({each["customer_id"] for each in seen}) == everybody
        assert len(answers) == 1
        if "clv" in query:
            values = [each["value"]["clv_12m"] for each in seen if each["value"]["clv_12m"] is not None]
            assert values == sorted(values, reverse=True)
