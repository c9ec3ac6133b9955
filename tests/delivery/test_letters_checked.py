"""Which letters are kept, which are refused and why, and what no value can do to those that are kept."""

from __future__ import annotations

import builtins
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.delivery import render
from evergrove.delivery.letters import checked, document_of, letter_of, sample_values
from evergrove.delivery.rendering import render_platform, render_short
from evergrove.delivery.rendering.errors import (
    LetterIncomplete,
    LetterSyntax,
    LetterTooLong,
    MjmlNotThere,
    NoLetterDocument,
    NotMjml,
    SubjectBroken,
    UnknownLetterFormat,
    UnknownValue,
    UnsafeMarkup,
    ValueOutOfPlace,
)
from evergrove.settings import MailSettings, Settings

if TYPE_CHECKING:
    from evergrove.delivery.rendering import Letter

SHOP = Settings(mail=MailSettings(sender="shop@shop.example", sender_name="Green Leaf"))
MJML = """<mjml><mj-head><mj-preview>{{ favourite_category }}</mj-preview></mj-head><mj-body><mj-section>
<mj-column width="50%"><mj-text>Dear {{ name }}{% if tier == "potential" %}, nearly there{% endif %}</mj-text>
<mj-button href="https://shop.example/for?who={{ name | url_encode }}&amp;b=1">To {{ shop }}</mj-button></mj-column>
<mj-column><mj-image src="https://shop.example/a.png" alt="{{ favourite_category }}" />
<mj-table><tr><th>Day</th><th>Orders</th></tr><tr><td>{{ last_order_date }}</td><td>{{ orders }}</td></tr></mj-table>
</mj-column></mj-section></mj-body></mjml>"""
PAGE = """<html><body><p title="{{ name }}">Hello {{ name }}</p>
<a href="https://shop.example/p?n={{ name | url_encode }}">{{ favourite_category }}</a>
<a href='{{ unsubscribe }}'>{{ coupon }}</a></body></html>"""


def document(body: str = "Hello {{ name }}", format_: str = "text", **more: Any) -> dict[str, Any]:
    """A letter in English."""
    words = {"subject": "News from {{ shop }}", "format": format_, "body": body, **more}
    return {"format": "evergrove.letter/1", "name": "news", "category": "marketing", "words": {"en": words}}


def kept(body: str, format_: str = "html") -> Letter:
    """A letter that was looked at."""
    return checked(document(body, format_), SHOP)


@pytest.mark.parametrize(
    ("body", "error", "line"),
    [
        ("a\nb {{ 7*7 }}", LetterSyntax, 2),
        ("a\n{{ config }}", UnknownValue, 2),
        ("\n\n{{ ''.__class__ }}", LetterSyntax, 3),
        ("{{ name.__class__ }}", UnknownValue, 1),
        ("{{ name['x'] }}", UnknownValue, 1),
        ("a\n{% include 'x' %}", LetterSyntax, 2),
        ("a\n{% render 'x' %}", LetterSyntax, 2),
        ("a\n\n{{ name | strip_html }}", LetterSyntax, 3),
        ("{% if name %}", LetterSyntax, 1),
        ("a\n{{ nmae }}", UnknownValue, 2),
    ],
)
def test_case_23_what_is_not_in_the_language_is_refused_with_its_line(
    body: str, error: type[Exception], line: int
) -> None:
    """Arithmetic, insides of objects, calls, other files, filters and names that nobody knows."""
    with pytest.raises(error) as raised:
        checked(document(body), SHOP)
    assert raised.value.params["line"] == line  # type: ignore[attr-defined]
    assert "docs/templates.md" in str(raised.value)


def test_a_misspelled_name_is_told_what_it_may_have_meant() -> None:
    """The nearest names stand in the hint."""
    with pytest.raises(UnknownValue, match="coupon"):
        checked(document("{{ cuopon }}"), SHOP)


@pytest.mark.parametrize(
    "body",
    [
        "{% for i in (1..1000000000) %}x{% endfor %}",
        "{% for i in (1..900) %}" + "x" * 2000 + "{% endfor %}",
        "{% assign x = 'xxxxxxxxxx' %}{% for i in (1..900) %}{% assign x = x | append: x %}{% endfor %}",
        "{{ 'aaaaaaaaaaaaaaaaaaaa' | replace: 'a', name }}" * 300
        + "{% for i in (1..900) %}{% for j in (1..900) %}{% endfor %}{% endfor %}",
    ],
)
def test_case_24_what_takes_too_much_is_refused_when_it_is_kept(body: str) -> None:
    """A loop of a thousand million turns, a megabyte a message: said at once, and not message by message."""
    with pytest.raises(LetterTooLong):
        checked(document(body), SHOP)


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<ScRiPt src='https://x.example/a.js'></ScRiPt>",
        "<!--[if mso]><script>1</script><![endif]-->",
        "<!-- a --><img src='https://x.example/a.png' onerror='alert(1)'>",
        "<p onclick=alert(1)>x</p>",
        "<body onload='x()'>x</body>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href=' java&#10;script:alert(1)'>x</a>",
        "<a href='data:text/html,x'>x</a>",
        "<a href='vbscript:x'>x</a>",
        "<a href='//evil.example/x'>x</a>",
        "<a href='/relative'>x</a>",
        "<a href='https://user@evil.example/'>x</a>",
        "<img src='data:image/svg+xml,x'>",
        "<link rel='stylesheet' href='https://x.example/a.css'>",
        "<style>@import url(https://x.example/a.css);</style>",
        '<p style="background:url(javascript:x)">x</p>',
        '<p style="width:expression(alert(1))">x</p>',
        "<iframe src='https://x.example'></iframe>",
        "<form action='https://x.example'><input name='a'></form>",
        "<svg><a xlink:href='javascript:x'>x</a></svg>",
        "<meta http-equiv='refresh' content='0;url=https://x.example'>",
        "<base href='https://x.example/'>",
        "<object data='https://x.example/a'></object>",
        "<![CDATA[<script>]]>",
        "<!--><img src=https://x.example/a onerror=x()> -->",
        "<!-- --!><img src=https://x.example/a onerror=x()> -->",
        "<title><p title='</title><img src=https://x.example/a onerror=x()>'></title>",
        "<noscript><p title='</noscript><img src=https://x.example/a onerror=x()>'></noscript>",
        "<xmp><p title='</xmp><img src=https://x.example/a onerror=x()>'></xmp>",
        "<?php x ?>",
        "x\x00y",
        "x\ue000y",
    ],
)
def test_case_27_markup_that_no_mail_should_have_is_refused(body: str) -> None:
    """Scripts, handlers, styles from elsewhere, frames, forms, and addresses of other kinds, however they are written."""
    with pytest.raises(UnsafeMarkup):
        checked(document(f"<p>a</p>\n{body}", "html"), SHOP)


@pytest.mark.parametrize(
    "body",
    [
        "<p title={{ name }}>x</p>",
        "<p {{ name }}='x'>x</p>",
        "<{% if tier %}script{% endif %}>x</p>",
        "</{{ name }}>",
        "<title>{% if tier %}<p>{% endif %}</title>",
        "<{{ name }}>x</p>",
        "<!-- {{ name }} -->",
        "<!--[if mso]><p>{{ name }}</p><![endif]-->",
        "<style>p { color: {{ name }} }</style>",
        "<p style='color:{{ name }}'>x</p>",
        "<a href='{{ name }}'>x</a>",
        "<a href='{{ coupon | url_encode }}'>x</a>",
        "<a href='https://{{ name | url_encode }}/'>x</a>",
        "<a href='https://shop.example{{ name | url_encode }}'>x</a>",
        "<a href='https://shop.example/{{ name }}'>x</a>",
        '<a href=\'https://shop.example/{{ name | url_encode | replace: "%3A", ":" }}\'>x</a>',
        "<a {% if tier == 'high' %}href='https://a.example/'{% endif %}>x</a>",
        "<a href='{% if tier %}https://a.example/{% endif %}'>x</a>",
        "<p title='{% comment %}'>{% endcomment %}{{ name }}'>x</p>",
    ],
)
def test_case_27_a_value_where_escaping_does_not_hold_it_is_refused(body: str) -> None:
    """Bare attributes, names of elements, comments, styles, the beginning of an address; conditions inside of tags."""
    with pytest.raises((ValueOutOfPlace, UnsafeMarkup)) as raised:
        checked(document(f"<p>a</p>\n{body}", "html"), SHOP)
    assert raised.value.params["line"] == 2


class Outline(HTMLParser):
    """The elements and attributes of a page without their words; and the values of some attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shape: list[tuple[str, tuple[str, ...]]] = []
        self.values: dict[str, list[str]] = {"title": [], "href": [], "alt": []}
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.shape.append((tag, tuple(name for name, _value in attrs)))
        for name, value in attrs:
            if name in self.values:
                self.values[name].append(value or "")

    def handle_endtag(self, tag: str) -> None:
        """Note its end."""
        self.shape.append((f"/{tag}", ()))

    def handle_comment(self, data: str) -> None:
        """Note a comment, whole."""
        self.shape.append((f"!{data}", ()))

    def handle_data(self, data: str) -> None:
        """Note words."""
        self.words += data


PAGES = {
    "html": kept(PAGE),
    "mjml": kept(MJML, "mjml"),
    "text": kept("Hello {{ name }}\n\n{{ coupon }}", "text"),
}
NASTY = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="<>\"'&{}%|=/:;!-() \t\nabjstx0#\\`\u2028\x0b", max_size=60),
    st.sampled_from(
        [
            "javascript:alert(1)",
            '"><script>alert(1)</script>',
            "' onmouseover='x",
            "--><img src=x onerror=y>",
            "</title></style></p>",
            "]]>",
            "{{ shop }}{% raw %}",
            "&lt;script&gt;",
            "<!--[if mso]>",
            "\u202eevil",
        ]
    ),
)


@pytest.mark.parametrize("format_", list(PAGES))
@given(name=NASTY, category=NASTY, coupon=NASTY)
def test_no_value_can_break_out_of_text_attribute_or_address(
    format_: str, name: str, category: str, coupon: str
) -> None:
    """Whatever values are, the page has the same elements, attributes and comments, and its addresses the same host."""
    letter = PAGES[format_]
    values = {**sample_values(letter, "en", SHOP)}
    usual = Outline(render(letter, "en", values).html)
    strange = {**values, "name": name, "favourite_category": category, "coupon": coupon}

    page = Outline(render(letter, "en", strange).html)

    if format_ == "text":  # the paragraphs of a text are made of its words
        assert {tag for tag, _names in page.shape} <= {tag for tag, _names in usual.shape} | {"p", "/p", "br"}
        assert page.values["href"] == usual.values["href"]
        return
    assert page.shape == usual.shape
    for before, after in zip(usual.values["href"], page.values["href"], strict=True):
        assert before.split("=")[0] == after.split("=")[0]
        assert re.fullmatch(r"[!-~]*", after)
    for attribute in ("title", "alt"):
        expected = {"title": name, "alt": category}[attribute]
        found = [each for each in page.values[attribute] if usual.values[attribute]]
        assert all(
            each == expected.replace("\r\n", "\n").replace("\r", "\n") or each == expected for each in found
        )


def test_mjml_becomes_tables_for_outlook_and_keeps_its_values() -> None:
    """Compiled once; the values in attributes survive, nothing is fetched, and its plain part says the same."""
    letter = kept(MJML, "mjml")
    email = letter.words["en"].email
    assert email is not None
    for each in (
        "{{ name | url_encode }}",
        "{{ favourite_category }}",
        '{% if tier == "potential" %}',
        "[if mso",
    ):
        assert each in email.html
    assert "fonts.googleapis" not in email.html
    rendered = render(letter, "en", sample_values(letter, "en", SHOP))
    assert '<html lang="en"' in rendered.html
    assert rendered.text.startswith(
        "Dear Ada, nearly there\n\nTo Green Leaf (https://shop.example/for?who=Ada&b=1)\n\nTea\n\n"
        "Day | Orders\n20 May 2026 | 4\n"
    )
    assert "https://shop.example/leave" in rendered.text
    assert "display:none" in rendered.html


def test_a_page_that_names_no_way_out_gets_the_foot_and_one_that_does_gets_none() -> None:
    """No letter can leave it out; nobody needs to read it twice."""
    without = render(kept("<p>Hello {{ name }}</p>"), "en", sample_values(kept("<p>a</p>"), "en", SHOP))
    within = render(PAGES["html"], "en", sample_values(PAGES["html"], "en", SHOP))

    assert "Unsubscribe here" in without.html
    assert "Unsubscribe here" in without.text
    assert "Unsubscribe here" not in within.html
    assert "https://shop.example/leave" in within.html


def test_a_way_out_by_mail_is_a_link_to_mail() -> None:
    """Where a page links to ``unsubscribe``, it links to the whole address with its mailto:."""
    values = {**sample_values(PAGES["html"], "en", SHOP)}
    values |= {"unsubscribe": "out@shop.example", "unsubscribe_link": "mailto:out@shop.example?subject=x"}
    assert "mailto:out@shop.example?subject=x" in render(PAGES["html"], "en", values).html


def test_a_letter_without_the_compiler_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """MJML needs the extra; what was compiled before does not."""
    real = builtins.__import__

    def none(name: str, *given: Any, **named: Any) -> Any:
        if name == "mrml":
            raise ImportError(name)
        return real(name, *given, **named)

    stored = document_of(kept(MJML, "mjml"))
    monkeypatch.setattr(builtins, "__import__", none)
    with pytest.raises(MjmlNotThere, match=r"evergrove\[mjml\]"):
        kept(MJML, "mjml")
    letter = letter_of(stored, version=1)
    assert "Ada" in render(letter, "en", sample_values(letter, "en", SHOP)).text


@pytest.mark.parametrize(
    ("given_", "error"),
    [
        (document("<mjml><mj-body><mj-include path='../x' /></mj-body></mjml>", "mjml"), NotMjml),
        (document("<mjml><mj-body><mj-text></mj-body></mjml>", "mjml"), NotMjml),
        (document("hello", "mjml"), NotMjml),
        (document("x", "docx"), NoLetterDocument),
        (document(""), LetterIncomplete),
        (document("x" * 100_001), LetterIncomplete),
        (document("x", subject="a\nb"), SubjectBroken),
        (document("x", subject=""), SubjectBroken),
        (document("x", subject="x" * 201), SubjectBroken),
        (document("x", html="<p>"), None),
        (document("x", styles="x"), NoLetterDocument),
        ({**document(), "name": "../x"}, NoLetterDocument),
        ({**document(), "name": "x" * 61}, NoLetterDocument),
        ({**document(), "category": "spam"}, NoLetterDocument),
        ({**document(), "format": "evergrove.letter/9"}, UnknownLetterFormat),
        ({**document(), "words": {}}, LetterIncomplete),
        ({**document(), "words": {"fr": {"short": "x"}}}, NoLetterDocument),
        ({**document(), "words": {"en": {}}}, LetterIncomplete),
        ({**document(), "words": {"en": "x"}}, NoLetterDocument),
        ({**document(), "params": {"gift": {"type": "text"}}}, LetterIncomplete),
        ({**document(), "params": {"a b": {"type": "text", "sample": "x"}}}, NoLetterDocument),
        ({**document(), "params": {"gift": {"type": "blob", "sample": "x"}}}, NoLetterDocument),
        (document(platforms={"wechat": {"template_id": "", "fields": {"a": "b"}}}), LetterIncomplete),
        (document(platforms={"fax": {"template_id": "1", "fields": {"a": "b"}}}), NoLetterDocument),
    ],
)
def test_what_is_no_letter_is_refused(given_: dict[str, Any], error: type[Exception] | None) -> None:
    """Other shapes, other names, empty and endless parts; what MJML came to is never taken from outside."""
    if error is None:
        email = checked(given_, SHOP).words["en"].email
        assert email is not None
        assert email.html == ""
        return
    with pytest.raises(error):
        checked(given_, SHOP)


def test_a_letter_may_declare_what_its_playbook_gives() -> None:
    """With a type and a default; without the default a recipient of whom it is missing is skipped."""
    params = {
        "gift": {"type": "text", "sample": "a bag", "default": "a small gift"},
        "page": {"type": "link", "sample": "https://shop.example/x", "default": "https://shop.example/"},
        "off": {"type": "money", "sample": "12.5"},
    }
    given_ = {**document("<p>{{ gift }} {{ off }}</p><a href='{{ page }}'>x</a>", "html"), "params": params}
    letter = checked(given_, SHOP)

    assert "a bag CN¥12.50" in render(letter, "en", sample_values(letter, "en", SHOP)).text


def test_a_document_comes_back_as_it_was_kept() -> None:
    """What is stored reads as what was looked at."""
    platforms = {
        "wechat": {"template_id": "T1", "fields": {"thing1": "{{ shop }}", "date2": "{{ valid_until }}"}}
    }
    letter = checked(document(short="Hi {{ name }}", platforms=platforms, preheader="look"), SHOP)
    values = sample_values(letter, "en", SHOP)

    assert letter_of(document_of(letter), version=letter.version) == letter
    assert render_short(letter, "en", values).text == "Green Leaf: Hi Ada Reply STOP to opt out"
    assert render_short(letter, "en", values, is_sms=False).text == "Hi Ada"
    filled = render_platform(letter, "en", values, "wechat")
    assert (filled.template_id, filled.fields) == ("T1", {"thing1": "Green Leaf", "date2": "15 Jul 2026"})
