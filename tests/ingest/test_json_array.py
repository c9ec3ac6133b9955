"""A JSON array of objects is read like the same objects line by line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.ingest.sources.json_array import elements

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.ingest.conftest import Reading

    Read = Callable[..., Reading]


OBJECTS = [
    {
        "order_id": "1",
        "customer_id": "a",
        "order_date": "2024-01-01",
        "amount": 5.5,
        "note": 'he said "x, ]"',
    },
    {
        "order_id": "2",
        "customer_id": "b",
        "order_date": "2024-01-02",
        "amount": 6,
        "buyer": {"tags": ["{", 1]},
    },
    {"order_id": "3", "customer_id": "a", "order_date": "2024-01-03", "amount": "7.25", "note": "中文\\"},
]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("written", ["utf-8-sig", "utf-16", "gb18030"])
def test_a_json_array_reads_like_its_objects_line_by_line(
    read: Read, indent: int | None, written: str
) -> None:
    """Brackets, commas and quotation marks inside texts end no object."""
    lines = read("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in OBJECTS), name="o.jsonl")
    expected = lines.orders()

    array = read(json.dumps(OBJECTS, ensure_ascii=False, indent=indent), written=written, name="o.json")

    assert array.orders() == expected
    assert [match.column for match in array.intake.columns] == [
        match.column for match in lines.intake.columns
    ]


def test_a_bad_element_of_an_array_is_rejected_alone(read: Read) -> None:
    """With its place in the array, and its raw text."""
    good = '{"order_id": "%d", "customer_id": "a", "order_date": "2024-01-01", "amount": 5}'
    bad = ['{"order_id": 1, "order_id": 2}', "17", "null", '{"order_id": }', '{"a": ' * 30 + "1" + "}" * 30]

    reading = read(f"[{good % 1}, {', '.join(bad)},\n {good % 2}]", name="orders.json")

    assert reading.rejects() == [
        (2, "ingest.repeated_key"),
        (3, "ingest.not_an_object"),
        (4, "ingest.not_an_object"),
        (5, "ingest.not_an_object"),
        (6, "ingest.nested_too_deep"),
    ]
    assert [order[0] for order in reading.orders()] == ["1", "2"]
    assert reading.engine.value("select raw from rejects where line = 5") == '{"order_id": }'


def test_a_refused_row_of_an_array_keeps_its_raw_text(read: Read) -> None:
    """Rows refused for what they say are looked up by their place."""
    text = '[{"customer":"a","date":"2024-01-01","amount":5},{"customer":"","date":"2024-01-01","amount":6}]'

    reading = read(text, name="orders.json")

    assert reading.engine.run("select line, code, raw from rejects") == [
        (2, "ingest.no_customer", '{"customer":"","date":"2024-01-01","amount":6}')
    ]


def test_an_array_of_many_pieces_is_cut_where_its_objects_end(tmp_path: Path) -> None:
    """Several megabytes, in which the pieces read at a time end anywhere: what the json module finds is found."""
    rng = np.random.default_rng(7)
    texts = ["x" * rng.integers(400), 'a "b" ]},{[', '\\\\"', "中" * rng.integers(90), "", "\n"]
    objects = [
        {
            "id": i,
            "ab"[i % 2]: str(rng.choice(texts)),
            "c": {"d": [str(rng.choice(texts))] * int(rng.integers(3))},
        }
        for i in range(20_000)
    ]
    path = tmp_path / "long.json"
    path.write_text(json.dumps(objects, ensure_ascii=False, indent=1), encoding="utf-8")
    assert path.stat().st_size > 2 << 20

    found = list(elements(path, "utf-8"))

    assert [place for place, _text in found] == list(range(1, 20_001))
    assert [json.loads(text) for _place, text in found] == objects
