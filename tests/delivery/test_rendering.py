"""What customers read: every letter in every language, and what a value cannot do to it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from evergrove.delivery import TemplateProblem, render, templates
from evergrove.delivery.errors import MissingValue, NoTemplate, UnsafeSubject
from evergrove.delivery.letters import sample_values
from evergrove.delivery.links import Ways
from evergrove.delivery.rendering import Email, Letter, Wording, render_note, render_short, shipped
from evergrove.delivery.rendering.mjml import compiled
from evergrove.delivery.rendering.shipped import read
from evergrove.delivery.wording import coupon_worth, percent_off, values_of
from evergrove.people import Contact
from evergrove.settings import MailSettings, Settings
from evergrove.text import LANGUAGES, Formats

if TYPE_CHECKING:
    from evergrove.delivery.rendering import Values
    from evergrove.text import Language

MAIL = MailSettings(
    sender="shop@shop.example", sender_name="Green Leaf", postal_address="1 High Street\nOxford"
)
WAYS = Ways(
    "https://shop.example/leave?t=0123&x=1", is_one_click=True, preferences="https://shop.example/p?t=1"
)
COUPON: dict[str, object] = {"coupon": "WELCOME10", "coupon_value": 10, "valid_until": "2026-07-15"}
# What each playbook's letters cannot be written without.
NEEDS: dict[str, set[str]] = {
    "decline-offer": {"coupon"},
    "new-coupon": {"coupon"},
    "nps-coupon": {"coupon"},
    "nps-reward": {"coupon"},
    "repurchase-coupon": {"coupon"},
    "potential-step": {"coupon"},
    "medium-offer": {"coupon"},
    "low-coupon": {"coupon"},
    "lost-offer": {"coupon"},
    "lead-coupon": {"coupon"},
    "churned-coupon": {"coupon"},
    "churned-short": {"coupon"},
    "medium-recommend": {"recommended"},
    "medium-points": {"points"},
    "mature-milestone": {"orders"},
}
FREE = [
    "cart-reminder",
    "churned-last",
    "decline-question",
    "early-star",
    "growth-adviser",
    "growth-community",
    "growth-match",
    "growth-next",
    "high-adviser",
    "high-gift",
    "mature-anniversary",
    "potential-progress",
    "high-care",
    "high-preorder",
    "high-welcome",
    "lead-call",
    "lead-content",
    "lead-handbook",
    "lost-call",
    "low-bundle",
    "low-howto",
    "mature-beta",
    "mature-question",
    "mature-thanks",
    "medium-pick-a",
    "medium-pick-b",
    "new-howto",
    "new-question",
    "new-thanks",
    "nps-sorry",
    "nps-why",
    "tier-down",
    "tier-up",
]
"""Letters that can be written to whoever is known by nothing but an address."""
NOTES = ("high-adviser", "lead-call", "lost-call")
"""For staff, who need the customer's name and get no greeting."""
NAMES = tuple(sorted((*NEEDS, *FREE)))
SHORT = tuple(name for name in NAMES if shipped(name).words["en"].short)
# Each script's older standard holds the characters of that script.
SCRIPTS = {"zh-Hans": ("gb2312", "big5"), "zh-Hant": ("big5", "gb2312")}
FOREIGN = {
    "zh-Hant": (
        *("數據", "文件", "用戶", "信息", "默認", "質量", "視頻", "復購", "軟件", "客戶", "郵箱", "短信"),
        *("積分", "郵件", "結算", "訂閱號", "優惠券", "鏈接"),
    ),
    "zh-Hans": ("简讯", "资讯", "透过", "品质保证", "结帐", "回覆"),
}


def everything(name: str, language: Language, contact_name: str | None = "Ada") -> Values:
    """Values of somebody of whom all is known."""
    contact = Contact("C1", "ada@example.com", contact_name, language, None)
    known = sample_values(shipped(name), language, Settings(mail=MAIL))
    return {**known, **values_of(COUPON, contact, MAIL, language, WAYS, currency="CNY")}


def nothing(language: Language) -> Values:
    """Values of somebody of whom nothing is known but the address."""
    contact = Contact("C1", "ada@example.com", None, None, None)
    ways = Ways("mailto:leave@shop.example?subject=out", is_one_click=False, preferences="")
    return values_of({}, contact, MailSettings(sender="shop@shop.example"), language, ways)


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


def own(body: str, subject: str = "Hello", **named: object) -> Letter:
    """A letter of the shop's own, in English."""
    return Letter("own", 1, "marketing", {"en": Wording(Email(subject, body, **named))})  # type: ignore[arg-type]


def test_the_letters_of_all_playbooks_are_there() -> None:
    """Those that the playbooks name, and no other."""
    assert templates() == NAMES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_case_25_every_letter_is_whole_for_somebody_of_whom_all_is_known(
    name: str, language: Language
) -> None:
    """A subject, a greeting, no leftover braces, the way out, the same words in HTML."""
    rendered = render(name, language, everything(name, language))

    assert not re.search(r"[{}\[\]]|None|nil|subject:|preheader:", rendered.subject + rendered.text)
    assert WAYS.unsubscribe in rendered.text
    assert WAYS.preferences in rendered.text
    assert "Oxford" in rendered.text
    assert "\n\n\n" not in rendered.text
    assert not re.search(r"[ ，、](?=[，。：])|，。|  ", rendered.text)
    words = " ".join(Page(rendered.html).words)
    lines = [line for line in rendered.text.split("\n") if line and "http" not in line and line != "—"]
    assert [line for line in lines if line not in words] == []
    assert "Ada" in rendered.text + rendered.subject
    assert ("coupon" in NEEDS.get(name, ())) <= (str(COUPON["coupon"]) in rendered.text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_case_25_to_somebody_of_whom_nothing_is_known_a_letter_has_no_holes_or_is_not_written(
    name: str, language: Language
) -> None:
    """Either another sentence stands there, or the value that is missing is named; nothing is ever left empty."""
    if name in NEEDS:
        with pytest.raises(MissingValue) as raised:
            render(name, language, nothing(language))
        assert raised.value.params["name"] in NEEDS[name] | {"coupon_value", "valid_until"}
        return
    rendered = render(name, language, nothing(language))
    if name not in NOTES:
        assert rendered.text.split("\n")[0] in ("Hello,", "您好：")
    assert not re.search(
        r"[{}]|None|nil|  | ,|，，|，。|“”|「」|[（(][)）]", rendered.subject + rendered.text
    )
    assert "leave@shop.example" in rendered.text


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_chinese_is_written_in_its_own_script_and_words(language: Language) -> None:
    """No character of the other script, and no words that only the other side of the strait uses."""
    mine, other = SCRIPTS[language]
    for name in NAMES:
        values = everything(name, language)
        rendered = render(name, language, values)
        text = rendered.subject + rendered.text
        text += render_short(shipped(name), language, values).text if name in SHORT else ""
        text += str(shipped(name).words[language].email)
        strange = [c for c in text if c > "\u2e80" and not _has(mine, c) and _has(other, c)]
        assert (name, strange) == (name, [])
        assert (name, [word for word in FOREIGN[language] if word in text]) == (name, [])


def _has(encoding: str, character: str) -> bool:
    try:
        return bool(character.encode(encoding))
    except UnicodeEncodeError:
        return False


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SHORT)
def test_every_text_message_is_one_message_with_its_sender_and_its_way_out(
    name: str, language: Language
) -> None:
    """Chinese ones within 70 characters, English ones within 160, the shop's name and the way out among them."""
    shop = {"en": "Green Leaf", "zh-Hans": "青禾生活", "zh-Hant": "青禾生活"}[language]
    short = render_short(shipped(name), language, {**everything(name, language), "shop": shop})

    assert short.segments == 1, short
    assert short.units <= (160 if language == "en" else 70)
    assert shop in short.text
    assert short.text.endswith(
        {"en": "Reply STOP to opt out", "zh-Hans": "拒收请回复R", "zh-Hant": "不再收簡訊請回R"}[language]
    )


@pytest.mark.parametrize("name", NOTES)
def test_notes_for_staff_have_no_foot(name: str) -> None:
    """What staff read says nothing of unsubscribing, and names whom it is about."""
    subject, text = render_note(shipped(name), "en", everything(name, "en"))

    assert "Ada" in subject
    assert "ubscribe" not in text


@pytest.mark.parametrize(
    "value",
    [
        "{{7*7}}",
        "{{ 7 | times: 7 }}",
        "{{ shop }}",
        "{{ config }}",
        "{{ ''.__class__ }}",
        "{% for i in (1..9) %}x{% endfor %}",
        "<script>alert(1)</script>",
        '"&<b>',
        "''",
        "https://evil.example/",
    ],
)
def test_cases_23_and_27_a_value_is_text_and_nothing_else(value: str) -> None:
    """Template text, markup, quotes and addresses in a customer's name stand there as they are, in both bodies."""
    plain = render("new-coupon", "en", everything("new-coupon", "en"))
    rendered = render("new-coupon", "en", everything("new-coupon", "en", value))

    assert f"Hello {value}," in rendered.text
    page, usual = Page(rendered.html), Page(plain.html)
    assert f"Hello {value}," in page.words
    assert (page.tags, page.links) == (usual.tags, usual.links)


def test_the_way_out_is_a_link() -> None:
    """An address for mail becomes mailto:, a page stays what it is; nothing else in the page leads anywhere."""
    page = render("new-thanks", "en", everything("new-thanks", "en"))
    mail = render("new-thanks", "en", nothing("en"))

    assert Page(page.html).links == [WAYS.unsubscribe, WAYS.preferences]
    assert Page(mail.html).links == ["mailto:leave@shop.example?subject=out"]


def test_links_that_the_author_wrote_are_links_and_may_be_counted() -> None:
    """Those in a value never are, and ways out are left alone."""
    letter = own("See https://shop.example/new?a=1&b=2.\n\n{{ name }}")
    values = everything("new-thanks", "en", "https://evil.example/x")

    plain = render(letter, "en", values)
    counted = render(
        letter, "en", values, tracked=lambda address: f"https://shop.example/c?to={len(address)}"
    )

    assert Page(plain.html).links == [
        "https://shop.example/new?a=1&b=2",
        WAYS.unsubscribe,
        WAYS.preferences,
    ]
    assert Page(counted.html).links == [
        "https://shop.example/c?to=32",
        WAYS.unsubscribe,
        WAYS.preferences,
    ]


def test_case_25_a_missing_value_is_a_problem_and_never_a_gap() -> None:
    """The message is not sent, and the name of the value is said."""
    values = {name: value for name, value in everything("new-coupon", "en").items() if name != "coupon"}

    with pytest.raises(MissingValue, match="coupon"):
        render("new-coupon", "en", values)


@pytest.mark.parametrize("given", [None, "", [], {}])
def test_case_25_what_is_null_is_missing(given: object) -> None:
    """A default takes its place, and without one nothing is written."""
    contact = Contact("C1", None, None, None, None)
    values = values_of({"favourite_category": given}, contact, MAIL, "en", WAYS)

    assert "it: tea" in render(own("it: {{ favourite_category | default: 'tea' }}"), "en", values).text
    with pytest.raises(MissingValue):
        render(own("it: {{ favourite_category }}"), "en", values)


def test_case_28_only_letters_that_are_there_are_read() -> None:
    """Another name, a path, an address: refused."""
    for name in ("no-such", "../frame", "new-thanks/en", "/etc/passwd", "", "Footer"):
        with pytest.raises(NoTemplate):
            render(name, "en", everything("new-thanks", "en"))


@pytest.mark.parametrize("value", ["10%\r\nBcc: eve@example.com", "x" * 300])
def test_case_26_a_subject_is_one_line(value: str) -> None:
    """A value cannot break out of it, nor make it endless."""
    with pytest.raises(UnsafeSubject):
        render("new-coupon", "en", {**everything("new-coupon", "en"), "coupon_value": value})


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..1000000000) %}{% endfor %}",
        "{% for i in (1..900) %}{{ 'x' | append: name | append: name }}" + "x" * 500 + "{% endfor %}",
        "{% assign x = 'x' %}{% for i in (1..900) %}{% assign x = x | append: x %}{% endfor %}",
        "{% assign x = 9 %}{% for i in (1..900) %}{% assign x = x | times: x %}{% endfor %}",
        "{{ (1..1000000000) | join: ',' }}",
        "{{ 'aaaaaaaaaa' | replace: 'a', greeting | append: greeting }}" * 40_000,
        "{% include 'frame' %}",
        "{% render 'frame' %}",
        "{{ name | newline_to_br }}",
        "{{ name.__class__ }}",
        "{{ nil }}",
        "{% if %}",
    ],
)
def test_case_24_the_language_of_letters_is_small_and_has_an_end(source: str) -> None:
    """Endless loops, endless output, other files, other filters, insides of objects: a problem with its code."""
    with pytest.raises(TemplateProblem) as raised:
        render(own(source), "en", everything("new-thanks", "en"))
    assert "Ada" not in str(raised.value)


def test_case_24_writing_ends_at_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However little it writes: the clock of the thread is asked at each turn."""
    ticks = iter(range(10_000))
    monkeypatch.setattr(
        "evergrove.delivery.rendering.limits.Deadline.__init__.__defaults__", (lambda: next(ticks) / 100,)
    )
    with pytest.raises(TemplateProblem, match="TooMuch"):
        render(
            own("{% for i in (1..900) %}{% assign a = i %}{% endfor %}"), "en", everything("new-thanks", "en")
        )


def test_values_are_written_as_the_reader_writes_them() -> None:
    """Discounts, amounts and days by language; what is not known of a person is not there."""
    mail = MailSettings(sender="shop@shop.example")
    params = {
        **COUPON,
        "spend_12m": "3200.60",
        "orders": 1234,
        "last_order_date": "2026-05-20",
        "points": None,
    }
    contact = Contact("C1", "ada@example.com", None, None, None)
    ways = Ways("mailto:leave@shop.example?subject=out-t0ken", is_one_click=False, preferences="")

    english = values_of(params, contact, mail, "en", ways, currency="CNY")
    chinese = values_of(params, contact, mail, "zh-Hant", ways, currency="TWD")

    assert english == {
        "coupon": "WELCOME10",
        "coupon_value": "10% off",
        "valid_until": "15 Jul 2026",
        "spend_12m": "CN¥3,201",
        "orders": 1234,
        "last_order_date": "20 May 2026",
        "greeting": "Hello,",
        "name": "dear customer",
        "shop": "shop.example",
        "unsubscribe": "leave@shop.example",
        "unsubscribe_link": "mailto:leave@shop.example?subject=out-t0ken",
        "language": "en",
    }
    assert (chinese["coupon_value"], chinese["valid_until"]) == ("9折優惠", "2026年7月15日")
    assert chinese["spend_12m"] == "NT$3,201"
    assert [percent_off(15, language) for language in LANGUAGES] == ["15% off", "8.5折优惠", "8.5折優惠"]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"coupon_value": 15}, ("15% off", "8.5折优惠", "8.5折優惠")),
        ({"coupon_value": "20", "coupon_kind": "amount"}, ("CN¥20 off", "立减¥20", "折抵CN¥20")),
        (
            {"coupon_value": 40, "coupon_kind": "threshold", "coupon_from": "300"},
            ("CN¥40 off orders from CN¥300", "满¥300减¥40", "滿CN¥300折CN¥40"),
        ),
        ({"coupon_value": 100}, ("", "", "")),
        ({"coupon_value": -1, "coupon_kind": "amount"}, ("", "", "")),
        ({"coupon_value": "nan"}, ("", "", "")),
        ({}, ("", "", "")),
    ],
)
def test_a_coupon_is_announced_as_shops_of_the_language_do(
    params: dict[str, object], said: tuple[str, ...]
) -> None:
    """A percentage, an amount, or an amount from a least spend on; nonsense says nothing."""
    found = tuple(coupon_worth(params, Formats(language, "CNY")).replace(".00", "") for language in LANGUAGES)
    assert found == said


def test_a_message_reads_as_written() -> None:
    """One message word for word, so that a change of the letters is seen."""
    rendered = render("new-coupon", "zh-Hans", everything("new-coupon", "zh-Hans"))

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
        "https://shop.example/leave?t=0123&x=1\n"
        "也可以在这里选择您想收到的内容：https://shop.example/p?t=1\n\n1 High Street\nOxford\n"
    )


def test_the_frame_is_what_its_mjml_says() -> None:
    """Whoever changes one of them writes the other anew: tools/frame.py."""
    assert read("frame.liquid") == compiled(read("frame.mjml"), "frame.mjml") + "\n"
    assert "<!--[if mso" in read("frame.liquid")
