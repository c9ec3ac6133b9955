"""The page: one file, nothing from outside, nothing from a customer's name that could act."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.charts import in_script
from evergrove.core import fill
from evergrove.report import write_report
from evergrove.report.amounts import alike
from evergrove.report.definitions import DEFINITIONS
from evergrove.report.render import rendered
from evergrove.text import LANGUAGES, Formats, Language, translator

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.report import Figures

NASTY = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    '"><img src=x onerror=alert(3)>',
    "' onmouseover='alert(4)",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "<!--",
    "]]>",
    "&lt;b&gt;",
    "javascript:alert(5)",
    "\u2028line",
    '=HYPERLINK("http://evil")',
)


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, scripts, text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.words: list[str] = []
        self._open = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element; begin the text of a script."""
        self.elements.append((tag, dict(attrs)))
        self._open = tag
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - as the base class calls it
        """Text that follows belongs to no script."""
        self._open = ""

    def handle_data(self, data: str) -> None:
        """Keep what a reader sees apart from what a script is."""
        if self._open == "script":
            attrs, text = self.scripts[-1]
            self.scripts[-1] = (attrs, text + data)
        elif self._open != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        """All words, as a reader sees them."""
        return " ".join(" ".join(self.words).split())

    @property
    def chart_data(self) -> dict[str, Any]:
        """What the charts are drawn from."""
        data: dict[str, Any] = json.loads(next(t for a, t in self.scripts if a.get("id") == "charts"))
        return data

    def with_class(self, name: str) -> list[dict[str, str | None]]:
        """Attributes of all elements of a class."""
        return [attrs for _tag, attrs in self.elements if name in (attrs.get("class") or "").split()]


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Language:
    """Each language in turn."""
    chosen: Language = request.param
    return chosen


def test_the_page_asks_no_other_host_for_anything(golden: Figures, language: Language) -> None:
    """No address stands in any attribute, and the policy forbids what it does not know."""
    page = Page(rendered(golden, language))

    for tag, attrs in page.elements:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            address = attrs.get(name) or ""
            assert address.startswith(("#", "data:")) or not address, (tag, name, address)
    style = rendered(golden, language).split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert page.elements[0] == ("html", {"lang": language})


def test_only_our_own_scripts_may_run(golden: Figures) -> None:
    """The policy lists the hash of each script, and there is no other script and no handler."""
    html = rendered(golden, "en")
    page = Page(html)
    policy = next(a["content"] for t, a in page.elements if t == "meta" and a.get("http-equiv"))
    assert policy is not None
    executable = [text for attrs, text in page.scripts if attrs.get("type") != "application/json"]
    hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in executable}

    assert set(re.findall(r"'sha256-([^']+)'", policy)) == hashes
    assert len(hashes) == 2
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert not re.search(r"script-src[^;]*unsafe-inline", policy)
    assert not [name for _tag, attrs in page.elements for name in attrs if name.startswith("on")]


def test_the_policy_comes_before_any_script(golden: Figures) -> None:
    """A policy in the page counts from where it stands."""
    html = rendered(golden, "en")

    assert html.index("Content-Security-Policy") < html.index("<script")


@pytest.mark.parametrize("payload", NASTY)
def test_names_from_the_source_are_shown_and_never_act(golden: Figures, payload: str) -> None:
    """Customers, files, columns and reasons come from outside; on the page they are text."""
    golden["look_at_first"]["rows"][0]["customer_id"] = payload
    golden["mapping"][0]["column"] = payload
    golden["mapping"][0]["why"] = payload
    golden["mapping"][0]["role"] = payload
    golden["encodings"] = {payload.replace("/", "-"): payload}
    golden["rejected"] = [{"code": payload, "rows": 1, "amount": "1.00"}]
    golden["excluded"] = [{"class": payload, "rows": 1, "amount": None}]
    golden["currency"] = payload[:3]
    plain, page = Page(rendered(golden | {"currency": ""}, "en")), Page(rendered(golden, "en"))

    assert [tag for tag, _attrs in page.elements] == [tag for tag, _attrs in plain.elements]
    assert len(page.scripts) == 3
    assert not [name for _tag, attrs in page.elements for name in attrs if name.startswith("on")]
    assert " ".join(payload.split()) in page.text


@pytest.mark.parametrize("payload", NASTY)
def test_data_for_scripts_cannot_end_their_element(payload: str) -> None:
    """What goes in comes out, and nothing in between reads as markup."""
    text = in_script({"name": payload, payload: [1.5, None]})

    assert json.loads(text) == {"name": payload, payload: [1.5, None]}
    assert not set(text) & set("<>&\u2028\u2029")


def test_every_chart_has_an_answer_and_a_table(golden: Figures, language: Language) -> None:
    """One sentence with a number above it, the numbers behind it."""
    html = rendered(golden, language)
    charts = Page(html).chart_data["options"]

    assert set(charts) == {
        "concentration", "tiers", "stages", "methods", "cohort_retention", "cohort_value", "newer_customers",
        "alive_grid", "matrix_p_alive", "matrix_expected_purchases", "alive_history", "tracking", "back_test",
    }  # fmt: skip
    for key, option in charts.items():
        block = html.split(f'id="{key}"')[1].split("</article>")[0]
        answer = re.search(r"<h3>(.+?)</h3>", block)
        assert answer is not None, key
        assert re.search(r"\d", answer[1]), key
        assert f'id="chart-{key}"' in block
        assert "<details" in block
        assert block.count("<tr>") > 2, key
        assert option["aria"]["label"]["description"]


def test_every_link_leads_somewhere(golden: Figures) -> None:
    """Definitions, playbooks and sections are on the page."""
    page = Page(rendered(golden, "en"))
    ids = {attrs["id"] for _tag, attrs in page.elements if "id" in attrs}

    targets = {(attrs["href"] or "")[1:] for tag, attrs in page.elements if tag == "a" and attrs.get("href")}

    assert targets <= ids
    assert {f"def-{key}" for key in DEFINITIONS} <= ids
    assert len(ids) == sum("id" in attrs for _tag, attrs in page.elements)


def test_the_page_says_what_the_figures_say(golden: Figures) -> None:
    """Headline, grid, first customers and rows, as a reader would look for them."""
    page, formats = Page(rendered(golden, "en")), Formats("en", golden["currency"])
    at_stake = golden["headline"]["value_at_stake"]

    assert len(page.with_class("card")) == 8
    for written in alike([at_stake["low"], at_stake["value"], at_stake["high"]], formats):
        assert written in page.text
    for row in golden["look_at_first"]["rows"]:
        assert row["customer_id"] in page.text
        assert formats.money(row["likely_lost"]) in page.text
    assert len(golden["look_at_first"]["rows"]) == 20
    assert f"{golden['rows']['read']:,} rows: " in page.text
    assert len(page.with_class("playbook")) == len(golden["grid"]["rows"])


@pytest.mark.parametrize("chinese", ["zh-Hans", "zh-Hant"])
def test_no_english_sentence_is_left_on_a_chinese_page(golden: Figures, chinese: Language) -> None:
    """Of all that the English page says, only names, ids and formats stay."""
    english = {" ".join(words.split()) for words in Page(rendered(golden, "en")).words}
    left = english & {" ".join(words.split()) for words in Page(rendered(golden, chinese)).words}

    sentences = {text for text in left if re.search(r"[a-z]{3,} [a-z]{2,}", text)}

    assert not sentences
    assert translator(chinese)("What to do") in Page(rendered(golden, chinese)).text


def test_what_cannot_be_given_is_said_with_its_reason(golden: Figures, language: Language) -> None:
    """Too little data: the page keeps its order, and each gap has a sentence."""
    reason = {
        "code": "scoring.no_repeat",
        "message": "None of the {customers} customers has bought on a second day.",
        "hint": "",
        "params": {"customers": 80},
        "text": "",
    }
    missing = ["p_alive", "clv_12m", "clv_total", "simple_clv", "back_test", "p_active_180d"]
    golden["limits"] = [{"reason": reason, "missing": missing, "instead": []}]
    for name in ("value_at_stake", "value_likely_lost", "average_clv_12m", "average_clv_total"):
        golden["headline"][name] |= {
            "value": None,
            "low": None,
            "high": None,
            "share": None,
            "reason": reason["code"],
        }
    sections = (
        "cohorts",
        "newer_customers",
        "alive_grid",
        "frequency_recency",
        "alive_history",
        "tracking",
        "back_test",
    )
    for section in sections:
        golden[section] = None
    golden["model"] |= {"purchases": None, "spend": None, "name": None}
    golden["concentration"]["curves"] = []
    golden["look_at_first"] |= {"rows": [], "likely_lost": None}
    for section in ("grid", "tiers", "stages"):
        for row in golden[section]["rows"]:
            row |= {"clv_12m": None, "clv_12m_share": None, "likely_lost": None, "likely_lost_share": None}
    for row in golden["methods"]["rfm"]["rows"]:
        row |= {"mean_clv_total": None, "mean_simple_clv": None, "mean_clv_12m": None, "mean_p_active": None}
    golden["methods"]["simple"]["mean"] = golden["methods"]["predictive"]["mean"] = None

    page = Page(rendered(golden, language))

    said = fill(translator(language)(str(reason["message"])), {"customers": 80})
    assert page.text.count(said) >= 5
    assert set(page.chart_data["options"]) == {"tiers", "stages"}
    # Whom to look at first, and a box for each run of questions that one reason leaves open.
    assert len(page.with_class("missing")) == 5
    questions = ("Would the forecast have come true?", "Is it better than a rule of thumb?")
    assert all(translator(language)(question) in page.text for question in questions)
    assert "None " not in page.text.replace("None of", "")
    assert "nan" not in page.text.lower().split()


def test_without_tiers_the_grid_has_one_row(golden: Figures) -> None:
    """Data without amounts: customers stand by stage alone."""
    for section in ("grid", "tiers"):
        rows = golden[section]["rows"]
        golden[section]["rows"] = [rows[0] | {"tier": None, "action": "L3", "stage": "growth"}]

    page = Page(rendered(golden, "en"))

    assert "All customers" in page.text
    assert "Without amounts there are no tiers." in page.text
    assert "tiers" not in page.chart_data["options"]


def test_the_file_is_written_as_utf_8(golden: Figures, tmp_path: Path) -> None:
    """And says so itself."""
    path = tmp_path / "report.html"

    write_report(golden, path, "zh-Hant")

    assert '<meta charset="utf-8">' in path.read_text(encoding="utf-8")[:300]


def test_a_shop_just_valued_makes_a_page(figures: Figures, results: Path) -> None:
    """The stations' figures of today, not only the stored ones, fit the template."""
    assert Page(rendered(figures, "zh-Hans")).chart_data["options"]
    assert (results / "report.html").stat().st_size > 1_000_000
