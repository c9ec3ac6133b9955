"""The targets board: each measure counted by hand on a shop of a few people, and verdicts by their definition."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.core import InputError
from evergrove.measurement.targets import (
    SIX,
    Month,
    Reading,
    Target,
    quarter_start,
    read_measures,
    standing,
)
from evergrove.measurement.targets.own import own_targets
from evergrove.measurement.targets.rules import NOBODY, TOO_SLOW
from evergrove.measurement.targets.service import share_of_members
from evergrove.measurement.targets.words import headline, meaning, moved, name_of, note
from evergrove.stats import Estimate, Proportion, wilson
from evergrove.text import Formats
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.warehouse import Engine

END = date(2026, 6, 30)
ORDERS = {  # customer -> days before END, of orders
    "early_back": (100, 60),  # second order on day 40
    "early_late": (180, 80),  # only on day 100
    "early_seen": (120,),  # came to look on day 30
    "early_gone": (90,),
    "too_new": (89,),
    "too_old": (181,),
    "grew": (300, 10),
    "grew_not": (300, 95),
    "mature_a": (400, 5),
    "mature_b": (400, 200),
}
LINES = [  # order of customer and days before END, category, price, amount
    ("grew", 300, "tea", 10, 10),
    ("grew", 10, "tea", 10, 10),
    ("grew", 10, "cups", 40, 40),
    ("grew", 10, "tea", 12, 12),
    ("grew_not", 300, "tea", 11, 11),
    ("mature_a", 5, "cups", 40, 40),
]
BEFORE = {"grew": "growth", "grew_not": "growth", "mature_a": "mature", "mature_b": "mature"}
AFTER = {
    "grew": ("mature", 62),
    "grew_not": ("growth", 38),
    "mature_a": ("mature", 50),
    "mature_b": ("churned", 0),
}


def rows(values: list[str]) -> str:
    """A VALUES list."""
    return "values " + ", ".join(f"({each})" for each in values)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A shop of ten people."""
    with open_engine(threads=1) as opened:
        opened.create(
            "orders",
            "select * from ("
            + rows(
                [
                    f"'{who}-{ago}', '{who}', date '{END - timedelta(days=ago)}', 100.0"
                    for who, days in ORDERS.items()
                    for ago in days
                ]
            )
            + ") as t(order_id, customer_id, order_date, amount)",
        )
        opened.create(
            "order_lines",
            "select order_id, category, cast(price as decimal(18,4)) as price, cast(amount as decimal(18,4)) as"
            " amount, 1 as quantity, 'p' as product_id from ("
            + rows([f"'{who}-{ago}', '{kind}', {price}, {paid}" for who, ago, kind, price, paid in LINES])
            + ") as t(order_id, category, price, amount)",
        )
        opened.create("products", "select 'p' as product_id, 'x' as category, 1.0 as price where false")
        visit = END - timedelta(days=90)
        seen = [
            f"'early_seen', 'visit', cast(null as varchar), timestamp '{visit} 12:00:00'",
            # On the day of the first order itself, and after day 90: neither says that somebody came back.
            f"'early_gone', 'visit', null, timestamp '{END - timedelta(days=90)} 08:00:00'",
            f"'early_late', 'visit', null, timestamp '{END - timedelta(days=89)} 08:00:00'",
            *(f"'r{n}', 'register', 'referral', timestamp '2026-05-01 10:00:00'" for n in range(4)),
            *(f"'o{n}', 'signup', 'ad', timestamp '2026-05-02 10:00:00'" for n in range(10)),
        ]
        opened.create("events", f"select * from ({rows(seen)}) as t(customer_id, kind, source, happened_at)")
        nobody = "select 'x' as customer_id, timestamp '2026-01-01' as {} where false"
        opened.create("tickets", nobody.format("opened_at"))
        opened.create("surveys", nobody.format("answered_at"))
        opened.create(
            "stood_before",
            "select * from ("
            + rows([f"'{who}', '{stage}'" for who, stage in BEFORE.items()])
            + ") as t(customer_id, stage)",
        )
        opened.create(
            "stood_after",
            "select * from ("
            + rows([f"'{who}', '{stage}', {spend}.0" for who, (stage, spend) in AFTER.items()])
            + ") as t(customer_id, stage, spend_12m)",
        )
        yield opened


def told(engine: Engine, *tables: str) -> dict[Any, Reading]:
    """Everything as of the last day."""
    return dict(read_measures(engine, END, tables or ("order_lines", "events"), has_amounts=True))


def test_early_churn_counts_who_was_never_heard_of_again(engine: Engine) -> None:
    """Of four whose first order lies 90 to 180 days back, one came again, one came to look: two were not heard of."""
    reading = told(engine)["early_churn"]
    assert reading.customers == 4
    assert reading.estimate == wilson(Proportion(4, 2))


def test_repurchase_and_mature_churn_follow_those_who_stood_there_before(engine: Engine) -> None:
    """One of two in growth ordered in the quarter; one of two mature ones is gone, which a year would make 15 in 16."""
    found = told(engine)
    assert found["quarterly_repurchase"].estimate == wilson(Proportion(2, 1))
    assert found["mature_churn"].estimate == wilson(Proportion(2, 1))
    assert found["mature_churn"].annual == pytest.approx(15 / 16)


def test_new_ground_is_a_new_category_or_a_new_third_of_prices(engine: Engine) -> None:
    """
    Grew paid 62 in the quarter: 40 for cups, the first; 12 for the dearest tea, a third not bought before; 10 as ever.

    Of tea there are prices 10, 10, 11, 12: places 1/4, 1/4, 5/8, 7/8, so low, low, middle, high.
    """
    reading = told(engine)["cross_sell_share"]
    assert reading.customers == 1
    assert reading.estimate is not None
    assert reading.estimate.value == pytest.approx(52 / 62)


def test_the_mature_share_is_theirs_of_all_revenue(engine: Engine) -> None:
    """62 and 50 of 150."""
    reading = told(engine)["mature_share"]
    assert reading.estimate is not None
    assert reading.estimate.value == pytest.approx(112 / 150)
    assert reading.estimate.low < 112 / 150 < reading.estimate.high


def test_referrals_are_compared_with_all_other_registrations(engine: Engine) -> None:
    """Two of four referred order within 30 days, one of ten others; one more comes on day 31, too late."""
    late = [("r0", 20), ("r1", 30), ("o0", 3), ("o1", 31)]
    engine.create(
        "orders",
        "select * from orders union all select * from ("
        + rows(
            [
                f"'{who}-new', '{who}', date '{(date(2026, 5, 1) if who[0] == 'r' else date(2026, 5, 2)) + timedelta(days=days)}', 5.0"
                for who, days in late
            ]
        )
        + ") as t",
    )
    reading = told(engine)["referral_conversion"]
    assert reading.customers == 14
    assert reading.estimate is not None
    assert reading.estimate.value == pytest.approx((2 / 4) / (1 / 10))


def test_what_is_not_told_is_not_counted(engine: Engine) -> None:
    """Without lines, registrations or amounts there is a reason instead of a number, in every language."""
    engine.create("events", "select * from events where kind = 'visit'")
    found = dict(read_measures(engine, END, (), has_amounts=False))
    missing = {name for name, reading in found.items() if reading.estimate is None}
    assert missing == {"cross_sell_share", "mature_share", "referral_conversion"}
    for name in missing:
        document = {"annual": None, **found[name].as_json()}
        assert document["value"] is None
        said = {note(document, Formats(language)) for language in ("en", "zh-Hans", "zh-Hant")}
        assert len(said) == 3


@pytest.mark.parametrize(
    ("end", "start"),
    [
        (date(2026, 6, 30), date(2026, 3, 31)),
        (date(2026, 5, 31), date(2026, 2, 28)),
        (date(2024, 5, 31), date(2024, 2, 29)),
        (date(2026, 2, 28), date(2025, 11, 30)),
        (date(2026, 1, 31), date(2025, 10, 31)),
        (date(2026, 7, 28), date(2026, 4, 28)),
        (date(2026, 12, 31), date(2026, 9, 30)),
    ],
)
def test_a_quarter_is_three_whole_months(end: date, start: date) -> None:
    """The end of a month leads to the end of the month three before."""
    assert quarter_start(end) == start


def month(day: date, estimate: Estimate | None) -> Month:
    """A month in which every measure came out the same."""
    reading = Reading("mature_churn", day, day, 10, estimate)
    return Month(day, day, "published", {target.measure: reading for target in SIX})


NOW, THEN = date(2026, 6, 1), date(2026, 3, 1)
AT_MOST, AT_LEAST = (
    Target("a", "mature_churn", "at_most", 0.05),
    Target("b", "mature_churn", "at_least", 0.05),
)


@given(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3).map(sorted), st.floats(0.0, 1.0))
def test_a_verdict_is_certain_only_where_the_whole_interval_is(values: list[float], bound: float) -> None:
    """Both sides are mirror images, and the gap's sign is that of the value."""
    low, value, high = values
    now = month(NOW, Estimate(value, low, high, 0.8))
    most = standing(Target("a", "mature_churn", "at_most", bound), now, [])
    least = standing(Target("b", "mature_churn", "at_least", bound), now, [])
    assert most.verdict == ("met" if high <= bound else "missed" if low > bound else "open")
    assert least.verdict == ("met" if low >= bound else "missed" if high < bound else "open")
    assert most.gap == value - bound == -(least.gap or 0.0)


def test_a_change_counts_from_three_months_before_and_says_for_whom_it_is_good() -> None:
    """Less churn is better for one that should be low; a month that is not there gives no change."""
    now, then = month(NOW, Estimate(0.02, 0.01, 0.03, 0.8)), month(THEN, Estimate(0.2, 0.18, 0.22, 0.8))
    assert standing(AT_MOST, now, [then]).way == "better"
    assert standing(AT_LEAST, now, [then]).way == "worse"
    near = month(THEN, Estimate(0.02, 0.01, 0.04, 0.8))
    assert standing(AT_MOST, now, [near]).way == "open"
    alone = standing(AT_MOST, now, [month(date(2026, 4, 1), then.readings["mature_churn"].estimate)])
    assert alone.change is None
    assert alone.past == ((date(2026, 4, 1), 0.2),)
    unknown = standing(AT_MOST, month(NOW, None), [then])
    assert (unknown.verdict, unknown.gap, unknown.change) == ("unknown", None, None)
    assert moved(unknown.as_json(), Formats("en")) == "–"


def test_a_shop_sets_its_own_targets(tmp_path: Path) -> None:
    """Beside the six, with a name of its own; no file, no targets."""
    path = tmp_path / "targets.toml"
    assert own_targets(path) == ()
    path.write_text(
        'format = "evergrove.own_targets/1"\n[loyal]\nmeasure = "mature_churn"\nat_most = 0.03\n'
        'name = {en = "Loyal ones lost", zh-Hans = "流失的忠实顾客"}\n',
        encoding="utf-8",
    )
    (target,) = own_targets(path)
    assert (target.key, target.side, target.bound) == ("loyal", "at_most", 0.03)
    assert target.names["en"] == "Loyal ones lost"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("nonsense", "targets.toml"),
        ('format = "evergrove.own_targets/2"\n', "another format"),
        ('[a]\nmeasure = "mature_churn"\nat_most = nan\n', "at_most = nan"),
        ('[a]\nmeasure = "mature_churn"\nat_most = true\n', "at_most = True"),
        ('[a]\nmeasure = "mature_churn"\n', "one of at_most and at_least"),
        ('[a]\nmeasure = "mature_churn"\nat_most = 1\nat_least = 0\n', "one of at_most and at_least"),
        ('[a]\nmeasure = "profit"\nat_most = 1\n', "measure = profit"),
        ('[a]\nmeasure = "mature_churn"\nat_most = 1\ncolour = "red"\n', "no entry colour"),
        ('[mature_churn]\nmeasure = "mature_churn"\nat_most = 1\n', "one of the six"),
        ('[a]\nmeasure = "mature_churn"\nat_most = 1\nname = {fr = "x"}\n', "name ="),
        ("a = 1\n", "line 2: a cannot be a target: it is a value, not a table"),
        ('[a]\nmeasure = "mature_churn"\nnumerator = "orders > 1"\nat_most = 1\n', "line 4: a.numerator"),
        ('[a]\nat_most = 1\nname = "x"\nnumerator = "orders > 1"\n', "needs a measure, or numerator"),
        (
            '[a]\nat_most = 1\nname = "x"\ndenominator = 1\nnumerator = "orders > 1"\n',
            "line 5: a.denominator",
        ),
    ],
)
def test_a_target_that_cannot_be_is_refused_by_name(tmp_path: Path, text: str, names: str) -> None:
    """The sentence says which, and what it takes."""
    path = tmp_path / "targets.toml"
    head = "" if text.startswith(("nonsense", "format")) else 'format = "evergrove.own_targets/1"\n'
    path.write_text(head + text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        own_targets(path)
    assert names in str(caught.value)


ASKS = """format = "evergrove.own_targets/1"

[other]
measure = "mature_churn"
at_most = 0.03

["kept"]  # of the high tier
denominator = "tier = 'high'"
denominator_at = "start"
numerator = "stage != 'churned'"
at_least = 0.9
name = {en = "High ones kept", zh-Hans = "留住的高价值客户"}
"""


def test_a_target_by_conditions_says_what_it_counts_in_every_language(tmp_path: Path) -> None:
    """The name where there is one in the language, else the English one; both conditions, and when each is asked."""
    path = tmp_path / "targets.toml"
    path.write_text(ASKS, encoding="utf-8")
    _other, target = own_targets(path)
    assert target.asked is not None
    assert (target.measure, target.asked.of_at, target.asked.who_at) == ("kept", "start", "end")
    reading = Reading("kept", END, END, 10, wilson(Proportion(10, 8)), "wilson")
    told = standing(target, Month(END, END, "published", {"kept": reading}), []).as_json()
    assert (told["verdict"], told["asks"]["numerator"]) == ("open", "stage != 'churned'")
    assert meaning(told, Formats("en")) == (
        "Of customers of whom held when the month began: tier is High value."
        " Counted is of whom holds at its end: stage is not Churned."
    )
    assert name_of(told, Formats("zh-Hans")) == "留住的高价值客户"
    assert name_of(told, Formats("zh-Hant")) == "High ones kept"
    assert "高價值" in meaning(told, Formats("zh-Hant"))


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ("tier = 'high'", "tire = 'high'", "line 8, kept.denominator: 1:1: there is no field tire"),
        ("stage != 'churned'", "stage != 'gone'", "line 10, kept.numerator: 1:10: stage is never gone"),
        ("stage != 'churned'", "in_segment('vips')", "line 10, kept.numerator: There is no segment vips"),
        ('"start"', '"middle"', "line 9: kept.denominator_at cannot be a target: denominator_at = middle"),
        ("at_least = 0.9", "at_least = 90", "line 11: kept.at_least cannot be a target: a share is written"),
        ("name =", "title =", "line 12: kept.title cannot be a target: there is no entry title here"),
        ("High ones kept", " ", "line 12: kept.name cannot be a target: name ="),
        (
            '{en = "High ones kept", zh-Hans = "留住的高价值客户"}',
            "{}",
            "line 7: kept cannot be a target: it needs a name",
        ),
    ],
)
def test_a_mistake_in_a_condition_is_told_with_line_key_and_position(
    tmp_path: Path, wrong: str, right: str, says: str
) -> None:
    """The line is that of the file, the position behind the key that within the condition."""
    path = tmp_path / "targets.toml"
    path.write_text(ASKS.replace(wrong, right), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        own_targets(path)
    assert str(caught.value).startswith(f"targets.toml, {says}")


def test_a_segment_that_is_stored_may_be_asked_for(tmp_path: Path) -> None:
    """The counterpart of the refusal above."""
    path = tmp_path / "targets.toml"
    path.write_text(ASKS.replace("stage != 'churned'", "in_segment('vips')"), encoding="utf-8")
    assert own_targets(path, segments=("vips",))[1].asked is not None


def test_who_is_counted_is_counted_among_those_it_is_of() -> None:
    """Two of three are among the others; who is only there does not count, and a reason goes before a number."""
    of, who = pa.array(["a", "b", "c"]), pa.array(["c", "d", "a", "e"])
    days = END - timedelta(days=29), END
    reading = share_of_members("kept", days, of, who)
    assert (reading.customers, reading.estimate) == (3, wilson(Proportion(3, 2)))
    assert share_of_members("kept", days, of[:0], who).reason == NOBODY
    assert share_of_members("kept", days, of, TOO_SLOW).reason == TOO_SLOW


def test_the_headline_counts_what_is_known() -> None:
    """And says how many cannot be given."""
    verdicts = ["met", "missed", "open", "unknown"]
    board = {"targets": [{"verdict": verdict} for verdict in verdicts]}
    assert headline(board, Formats("en")) == (
        "1 of 3 known targets is reached, 1 missed, 1 not certain. 1 more cannot be given."
    )
