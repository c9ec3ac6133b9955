"""What was done and what it earned, on the page: answered, drawn, tabled, and absent where nothing was done."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from tests.report.test_page import NASTY, Page

from evergrove.charts.outreach import FATES
from evergrove.measurement.targets import SIX, Board, Month, Reading, Target, standing
from evergrove.measurement.targets.rules import NO_LINES
from evergrove.measurement.targets.types import Asked
from evergrove.outbox.types import State
from evergrove.report.compose import composed
from evergrove.report.outreach import FATE_OF
from evergrove.report.render import rendered
from evergrove.segments.language.parsing import parse
from evergrove.stats import Estimate
from evergrove.text import LANGUAGES, Formats, Language

if TYPE_CHECKING:
    from evergrove.report import Figures
    from evergrove.report.page import Block, Outreach

CHARTS = {"outreach_effects", "outreach_sends", "outreach_tiers", "outreach_stages"}


@pytest.fixture
def done(golden: Figures) -> Figures:
    """A summary with an outreach section of format 1, as first written: four weeks of three playbooks."""
    stored: dict[str, Any] = json.loads(
        (Path(__file__).parent / "data" / "outreach-1.json").read_text(encoding="utf-8")
    )
    return golden | {"outreach": stored, "currency": "CNY"}


def part_of(figures: Figures, language: Language = "en") -> Outreach:
    """The part as the page holds it."""
    part = composed(figures, Formats(language, figures["currency"])).outreach
    assert part is not None
    return part


def block_of(figures: Figures, key: str) -> Block:
    """One block of the part."""
    return next(block for block in part_of(figures).blocks if block.key == key)


def test_a_report_of_files_alone_has_no_such_part(golden: Figures) -> None:
    """``evergrove value`` does nothing to anybody, and says nothing of it."""
    page = Page(rendered(golden, "en"))

    assert "outreach" not in {attrs.get("id") for _tag, attrs in page.elements}
    assert "def-outreach_effect" not in {attrs.get("id") for _tag, attrs in page.elements}
    assert "What was done" not in page.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_part_is_drawn_tabled_and_answered(done: Figures, language: Language) -> None:
    """Four charts more, a number in every answer, a table behind every chart, and no link into nowhere."""
    html = rendered(done, language)
    page = Page(html)
    ids = {attrs["id"] for _tag, attrs in page.elements if "id" in attrs}

    assert set(page.chart_data["options"]) >= CHARTS
    for key in CHARTS:
        block = html.split(f'id="{key}"')[1].split("</article>")[0]
        assert f'id="chart-{key}"' in block
        assert "<details" in block
        assert block.count("<tr>") > 2
        assert re.search(r"\d", page.chart_data["options"][key]["aria"]["label"]["description"])
    assert {(a["href"] or "")[1:] for tag, a in page.elements if tag == "a" and a.get("href")} <= ids
    assert len(ids) == sum("id" in attrs for _tag, attrs in page.elements)


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_no_sentence_of_this_part_is_left_in_english(done: Figures, language: Language) -> None:
    """Except what other stations say: names of playbooks and reasons of theirs."""
    done["outreach"]["sends"] = [row | {"words": ""} for row in done["outreach"]["sends"]]
    for playbook in done["outreach"]["playbooks"].values():
        playbook["name"] = ""
    part = part_of(done, language)
    said = [part.title, part.lead, part.answer, part.note, part.question]
    said += [text for finding in part.findings for text in (finding.answer, *finding.notes)]
    said += [text for block in part.blocks for text in (block.question, block.answer, block.note)]

    left = [text for text in said if re.search(r"[a-z]{2}", text)]

    assert left == []


def test_the_programme_comes_first_and_each_playbook_has_its_finding(done: Figures) -> None:
    """The answer before everything else; the colour of a finding says no more than its words."""
    part = part_of(done)

    assert part.answer.startswith("The programme as a whole")
    assert len(part.findings) == 3
    assert {finding.kind for finding in part.findings} <= {
        "earned",
        "lost",
        "unclear",
        "nothing",
        "mistrusted",
    }
    assert "Window incomplete" in part.note
    assert not any("Window incomplete" in note for finding in part.findings for note in finding.notes)


def test_without_a_programme_the_first_playbook_answers(done: Figures) -> None:
    """A workspace without a global control group still gets its answer."""
    done["outreach"]["measured"] = done["outreach"]["measured"][1:2]

    part = part_of(done)

    assert "Welcome new customers" in part.answer
    assert part.findings == ()


def test_a_playbook_whose_window_differs_says_so(done: Figures) -> None:
    """The programme's window is open; this one's has passed."""
    done["outreach"]["measured"][1] |= {"complete": True, "people_complete": 324}

    finding = part_of(done).findings[0]

    assert any("long enough for the effect to show" in note for note in finding.notes)


def test_before_the_first_result_the_part_says_so(done: Figures) -> None:
    """One night, nothing sent, nothing measured: sentences, and no empty chart."""
    done["outreach"] |= {"measured": [], "sends": [], "as_of": done["outreach"]["first_day"]}

    part = part_of(done)

    assert part.answer.startswith("Nothing has been measured yet")
    assert not part.lead.startswith("From")
    assert [block.key for block in part.blocks] == ["outreach_sends", "outreach_tiers"]
    assert part.blocks[0].answer == "No message has been decided yet."
    assert part.blocks[1].also == ("Who moved between the stages?",)  # the same reason is given once
    assert not CHARTS & set(Page(rendered(done, "en")).chart_data["options"])


def test_what_cannot_be_measured_is_left_out_of_the_chart_only(done: Figures) -> None:
    """The table still tells how many there are."""
    done["outreach"]["measured"][2] |= {"margin": None, "reason": "stats.no_variance"}

    block = block_of(done, "outreach_effects")

    assert block.chart is not None
    assert len(block.chart["yAxis"]["data"]) == 3
    assert block.table is not None
    assert len(block.table.columns) == 5
    assert next(row for row in block.table.rows if row[0] == "Difference")[3] == "–"


def test_groups_of_the_wrong_size_are_named(done: Figures) -> None:
    """The question of fairness is answered before anybody believes a number."""
    assert block_of(done, "outreach_fair").answer.startswith("Yes: the groups of 4 comparisons")

    done["outreach"]["measured"][1] |= {"srm_p": 1e-7, "trustworthy": False}

    block = block_of(done, "outreach_fair")
    assert block.answer == "No: 1 of 4 comparisons has groups of the wrong size."
    assert block.table is not None
    assert block.table.rows[1][-1] == "<0.001"


def test_every_state_of_a_message_is_one_fate(done: Figures) -> None:
    """Bars, table and answer count every message of the figures once."""
    assert set(FATE_OF) == set(get_args(State))
    assert {*FATE_OF.values(), "control"} == set(FATES)

    block = block_of(done, "outreach_sends")

    messages = sum(row["messages"] for row in done["outreach"]["sends"])
    assert block.table is not None
    assert sum(int(cell.replace(",", "")) for row in block.table.rows for cell in row[1:]) == messages
    assert block.chart is not None
    assert sum(bar["value"] for series in block.chart["series"] for bar in series["data"]) == messages


def test_reasons_are_counted_the_most_frequent_first(done: Figures) -> None:
    """Controls are no block; a reason without words is among the others."""
    done["outreach"]["sends"] = [
        {
            "playbook": "L2",
            "arm": "treated",
            "state": "skipped",
            "reason": "a",
            "words": "It is night.",
            "messages": 2,
        },
        {"playbook": "L2", "arm": "treated", "state": "expired", "reason": "b", "words": "", "messages": 1},
        {
            "playbook": "L5",
            "arm": "treated",
            "state": "failed",
            "reason": "c",
            "words": "No address.",
            "messages": 7,
        },
        {
            "playbook": "L5",
            "arm": "control",
            "state": "skipped",
            "reason": "campaigns.control",
            "words": "x",
            "messages": 9,
        },
        {
            "playbook": "gone",
            "arm": "treated",
            "state": "accepted",
            "reason": None,
            "words": "",
            "messages": 1,
        },
    ]

    block = block_of(done, "outreach_sends")

    assert block.note == "Why the others were not sent: No address: 7. It is night: 2. Other reasons: 1."
    assert (
        block.answer
        == "1 message was sent; 9 were kept back so that there is a control group, and 3 were stopped."
    )


def test_flows_hold_everybody(done: Figures) -> None:
    """The last row of the table is where everybody stands now."""
    for axis in ("tier", "stage"):
        block = block_of(done, f"outreach_{axis}s")
        everybody = sum(row["customers"] for row in done["outreach"]["flows"][axis])

        assert block.table is not None
        assert block.table.rows[-1][-1] == f"{everybody:,}"
        for column in range(1, len(block.table.columns)):
            cells = [int(row[column].replace(",", "")) for row in block.table.rows]
            assert sum(cells[:-1]) == cells[-1]


def board() -> Figures:
    """A targets board with one of the six that is known, one that is not, and one of the shop's own."""
    june = date(2026, 6, 30)
    asked = parse("tier = 'high'")
    words = {str(each): ("tier is High value", "stage is Mature") for each in LANGUAGES}
    own = Target(
        "kept", "kept", "at_least", 0.9, {"en": "Kept <b>"}, Asked(asked, "start", asked, "end", words)
    )
    readings = {
        "mature_share": Reading("mature_share", june, june, 40, Estimate(0.5, 0.4, 0.55, 0.8), "bootstrap"),
        "cross_sell_share": Reading("cross_sell_share", june, june, 0, reason=NO_LINES),
        "kept": Reading("kept", june, june, 9, Estimate(1.0, 0.95, 1.0, 0.8), "wilson"),
    }
    month = Month(june.replace(day=1), june, "published", readings)
    targets = [*(each for each in SIX if each.key in readings), own]
    return Board(month, 0.8, tuple(standing(each, month, ()) for each in targets)).as_json()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_board_stands_in_this_part_where_there_is_one(done: Figures, language: Language) -> None:
    """With why a target cannot be given, and what each counts; without a month three months before no change."""
    assert "targets" not in {block.key for block in part_of(done).blocks}
    done["outreach"]["targets"] = board()
    (block,) = (each for each in part_of(done, language).blocks if each.key == "targets")
    assert block.table is not None
    assert len(block.table.rows) == 3
    assert len(block.table.columns) == 6
    assert len(block.points) == 1
    page = rendered(done, language)
    for name in block.definitions:
        assert f'id="def-{name}"' in page
    assert "Kept &lt;b&gt;" in page
    assert "Kept <b>" not in page


def test_moves_up_and_down_are_told_apart(done: Figures) -> None:
    """Newcomers have not risen, and who has no tier has not fallen."""
    rows = (
        ("low", "high", 1), ("high", "medium", 20), ("low", "low", 300), ("newcomer", "high", 4000), (None, "low", 5),
        ("high", None, 6),
    )  # fmt: skip
    done["outreach"]["flows"]["tier"] = [{"from": a, "to": b, "customers": n} for a, b, n in rows]
    moves = (
        ("new", "decline", 1),
        ("churned", "won_back", 20),
        ("decline", "churned", 300),
        ("newcomer", "churned", 4),
    )
    done["outreach"]["flows"]["stage"] = [{"from": a, "to": b, "customers": n} for a, b, n in moves]

    tiers, stages = (block_of(done, f"outreach_{axis}s").answer for axis in ("tier", "stage"))

    assert tiers == "1 customer rose to a higher tier, 20 fell to a lower one, and 4,000 are new."
    assert stages == "1 customer slipped into decline or churned, 20 came back from there, and 4 are new."


@pytest.mark.parametrize("payload", NASTY)
def test_names_of_playbooks_are_shown_and_never_act(done: Figures, payload: str) -> None:
    """A workspace's own playbooks bear names of its own."""
    plain = Page(rendered(done, "en"))
    done["outreach"]["playbooks"]["L2"]["name"] = payload
    page = Page(rendered(done, "en"))

    assert [tag for tag, _attrs in page.elements] == [tag for tag, _attrs in plain.elements]
    assert not [name for _tag, attrs in page.elements for name in attrs if name.startswith("on")]
    assert " ".join(payload.split()) in page.text


def test_a_minus_is_not_torn_from_its_number(done: Figures) -> None:
    """Browsers break a line behind a hyphen; a word joiner forbids it. Hyphens within words stay as they are."""
    done["outreach"]["playbooks"]["L2"]["name"] = "well-known"
    done["outreach"]["measured"][1]["margin"] |= {"effect": -0.63, "low": -6.91, "high": 5.65}

    answer = part_of(done).findings[0].answer

    assert "-\u2060CN¥0.63" in answer
    assert "from -\u2060CN¥6.91" in answer
    assert "well-known" in answer


def test_tiers_of_a_policy_go_by_its_names(done: Figures) -> None:
    """In the reader's language; a tier that it does not name keeps the usual word."""
    done["outreach"]["tier_names"] = {"en": {"high": "Gold club"}, "zh-Hans": {"high": "金卡会员"}}

    block = block_of(done, "outreach_tiers")

    assert block.table is not None
    assert [row[0] for row in block.table.rows][:2] == ["Gold club", "Potential"]
