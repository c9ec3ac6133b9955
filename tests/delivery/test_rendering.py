"""What customers read: every template in every language, and what a value cannot do to it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from evergrove.delivery import TemplateProblem, render, rendering, templates
from evergrove.delivery.errors import MissingValue, NoTemplate, UnsafeSubject
from evergrove.delivery.links import Ways
from evergrove.delivery.wording import percent_off, values_of
from evergrove.people import Contact
from evergrove.settings import MailSettings
from evergrove.text import LANGUAGES

if TYPE_CHECKING:
    from liquid import Environment

    from evergrove.text import Language

VALUES = {
    "name": "Ada",
    "shop": "Green Leaf",
    "coupon": "WELCOME10",
    "coupon_value": "10% off",
    "valid_until": "15 Jul 2026",
    "unsubscribe": "https://shop.example/leave?t=0123&x=1",
    "postal_address": "1 High Street\nOxford",
}
NAMES = (
    "decline-offer",
    "decline-question",
    "growth-community",
    "growth-next",
    "mature-question",
    "mature-thanks",
    "new-coupon",
    "new-howto",
    "new-question",
    "new-thanks",
    "nps-coupon",
    "nps-sorry",
    "nps-why",
    "repurchase-coupon",
)
# Each script's older standard holds the characters of that script.
SCRIPTS = {"zh-Hans": ("gb2312", "big5"), "zh-Hant": ("big5", "gb2312")}
FOREIGN = {
    "zh-Hant": ("數據", "文件", "用戶", "信息", "默認", "質量", "視頻", "復購", "軟件", "客戶", "郵箱")
}


class Page(HTMLParser):
    """The words and the tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, and where a link leads."""
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        """Note words."""
        self.words.append(data.strip())


def test_the_playbooks_templates_are_there() -> None:
    """Those that the playbooks name."""
    assert templates() == NAMES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_template_is_whole_in_every_language(name: str, language: Language) -> None:
    """A subject, a greeting with and without a name, no leftover braces, the way out, the same words in HTML."""
    named, unnamed = render(name, language, VALUES), render(name, language, VALUES | {"name": ""})

    for rendered in (named, unnamed):
        assert not re.search(r"[{}]|None|subject:", rendered.subject + rendered.text)
        assert VALUES["unsubscribe"] in rendered.text
        assert "Oxford" in rendered.text
        assert "\n\n\n" not in rendered.text
        words = " ".join(Page(rendered.html).words)
        assert all(
            line in words for line in rendered.text.split("\n") if line and "http" not in line and line != "—"
        )
    assert "Ada" in named.text
    greeting = unnamed.text.split("\n")[0]
    assert greeting in ("Hello,", "您好：")
    assert ("coupon" in name or "offer" in name) == (VALUES["coupon"] in named.text)


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_chinese_is_written_in_its_own_script_and_words(language: Language) -> None:
    """No character of the other script, and in Taiwan no words that only the mainland uses."""
    own, other = SCRIPTS[language]
    for name in NAMES:
        rendered = render(name, language, VALUES)
        text = rendered.subject + rendered.text
        strange = [c for c in text if c > "\u2e80" and not _has(own, c) and _has(other, c)]
        assert strange == []
        assert [word for word in FOREIGN.get(language, ()) if word in text] == []


def _has(encoding: str, character: str) -> bool:
    try:
        return bool(character.encode(encoding))
    except UnicodeEncodeError:
        return False


@pytest.mark.parametrize(
    "value",
    [
        "{{ 7 | times: 7 }}",
        "{{ shop }}",
        "{% for i in (1..9) %}x{% endfor %}",
        "<script>alert(1)</script>",
        '"&<b>',
        "''",
    ],
)
def test_a_value_is_text_and_nothing_else(value: str) -> None:
    """Template text, markup and quotes in a customer's name stand there as they are, in both bodies."""
    rendered = render("new-coupon", "en", VALUES | {"name": value})

    assert f"Hello {value}," in rendered.text
    page = Page(rendered.html)
    assert f"Hello {value}," in page.words
    assert set(page.tags) == {"html", "head", "meta", "title", "body", "div", "p", "br", "hr", "a"}


def test_the_way_out_is_a_link() -> None:
    """An address for mail becomes mailto:, a page stays what it is; nothing else in the page leads anywhere."""
    page = render("new-thanks", "en", VALUES)
    mail = render("new-thanks", "en", VALUES | {"unsubscribe": "leave@shop.example"})

    assert Page(page.html).links == [VALUES["unsubscribe"]]
    assert Page(mail.html).links == ["mailto:leave@shop.example"]


def test_a_missing_value_is_a_problem_and_never_a_gap() -> None:
    """The message is not sent, and the name of the value is said."""
    values = {name: value for name, value in VALUES.items() if name != "coupon"}

    with pytest.raises(MissingValue, match="coupon"):
        render("new-coupon", "en", values)


def test_only_templates_that_are_there_are_read() -> None:
    """Another name, a path, an address: refused."""
    for name in ("no-such", "../frame", "new-thanks/en", "/etc/passwd", "", "Footer"):
        with pytest.raises(NoTemplate):
            render(name, "en", VALUES)


@pytest.mark.parametrize("value", ["10%\r\nBcc: eve@example.com", "x" * 300])
def test_a_subject_is_one_line(value: str) -> None:
    """A value cannot break out of it, nor make it endless."""
    with pytest.raises(UnsafeSubject):
        render("new-coupon", "en", VALUES | {"coupon_value": value})


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..100000) %}{% endfor %}",
        "{% for i in (1..900) %}{{ 'x' | append: name | append: name }}" + "x" * 500 + "{% endfor %}",
        "{% include 'frame' %}",
        "{% render 'frame' %}",
        "{{ name | newline_to_br }}",
        "{{ name.__class__ }}",
        "{% if %}",
    ],
)
def test_the_language_of_templates_is_small_and_has_an_end(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Endless loops, endless output, other files, other filters, insides of objects: a problem with its code."""
    environment: Environment = rendering._TEXT

    def broken(*_given: object) -> rendering._Source:
        return rendering._Source(environment.from_string("x"), environment.from_string(source))

    monkeypatch.setattr(rendering, "_source", broken)
    with pytest.raises(TemplateProblem) as raised:
        render("new-thanks", "en", VALUES)
    assert "Ada" not in str(raised.value)


def test_values_are_written_as_the_reader_writes_them() -> None:
    """Discounts and dates by language; what is not known of a person is empty, not "None"."""
    mail = MailSettings(sender="shop@shop.example")
    ways = Ways("mailto:leave@shop.example?subject=out", is_one_click=False, preferences="")
    params = {"coupon": "WELCOME10", "coupon_value": 10, "valid_until": "2026-07-15", "list": [1]}
    contact = Contact("C1", "ada@example.com", None, None, None)

    english = values_of(params, contact, mail, "en", ways)
    chinese = values_of(params, contact, mail, "zh-Hant", ways)

    assert english == {
        "coupon": "WELCOME10",
        "coupon_value": "10% off",
        "valid_until": "15 Jul 2026",
        "name": "",
        "shop": "shop.example",
        "unsubscribe": "leave@shop.example",
        "preferences": "",
        "postal_address": "",
    }
    assert (chinese["coupon_value"], chinese["valid_until"]) == ("9折優惠", "2026年7月15日")
    assert [percent_off(15, language) for language in LANGUAGES] == ["15% off", "8.5折优惠", "8.5折優惠"]


def test_a_message_reads_as_written() -> None:
    """One message word for word, so that a change of the templates is seen."""
    values = VALUES | {"coupon_value": "9折优惠", "valid_until": "2026年7月15日"}
    rendered = render("new-coupon", "zh-Hans", values)

    assert rendered.subject == "您的第二笔订单可享9折优惠"
    assert rendered.text == (
        "Ada，您好：\n\n"
        "再次感谢您的第一笔订单。下次购买时使用这个优惠码，可享9折优惠：\n\n"
        "WELCOME10\n\n"
        "结算时填写即可，有效期至2026年7月15日。\n\n"
        "如果暂时没有需要的，也完全没关系。\n\n"
        "祝好\nGreen Leaf\n\n"
        "—\n"
        "您收到这封邮件，是因为您同意接收Green Leaf的消息。不想再收到？请在这里退订："
        "https://shop.example/leave?t=0123&x=1\n\n1 High Street\nOxford\n"
    )
