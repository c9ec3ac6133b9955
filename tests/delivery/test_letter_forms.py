"""The plain part of a page, and the length of text messages."""

from __future__ import annotations

import pytest

from evergrove.delivery.rendering.plain import plain_text
from evergrove.delivery.rendering.short import GSM_7, GSM_7_TWO, measured


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two<br>three</p>", "One\n\nTwo\nthree"),
        ("<p>a  b\n c</p>", "a b c"),
        ('<a href="https://a.example/x">Look</a> here', "Look (https://a.example/x) here"),
        ('<a href="https://a.example/x">https://a.example/x</a>', "https://a.example/x"),
        ('<a href="mailto:a@b.example?subject=x">write</a>', "write (a@b.example)"),
        ('<a href="https://a.example/"><img src="x" alt="Shop"></a>', "Shop (https://a.example/)"),
        ("<ul><li>a</li><li>b</li></ul><ol><li>c</li><li>d</li></ol>", "- a\n- b\n\n1. c\n2. d"),
        (
            "<table><tr><th>Day</th><th>Sum</th></tr><tr><td><p>Mon</p></td><td>3</td></tr></table>",
            "Day | Sum\nMon | 3",
        ),
        (
            '<table role="presentation"><tr><td><div>a</div><div>b</div></td><td>c</td></tr></table>',
            "a\nb\n\nc",
        ),
        ('<div style="display: none">x</div>y<style>p{}</style><title>z</title>', "y"),
        ("<h1>T</h1>x<hr>y", "T\n\nx\n\n—\n\ny"),
        ("&lt;b&gt; &amp; &#20320;&nbsp;", "<b> & 你"),
        ("<p>open <b>bold", "open bold"),
        ("", ""),
    ],
)
def test_a_page_reads_as_text(html: str, text: str) -> None:
    """Paragraphs apart, links with their address, rows of data on a line, nothing that is hidden."""
    assert plain_text(html) == text


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("x" * 160, "GSM-7", 160, 1),
        ("x" * 161, "GSM-7", 161, 2),
        ("x" * 306, "GSM-7", 306, 2),
        ("x" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("x" * 152 + "€" + "x" * 10, "GSM-7", 164, 2),
        (
            "x" * 152 + "€" + "x" * 152,
            "GSM-7",
            306,
            3,
        ),  # the pair does not fit into the first part's last unit
        ("你" * 70, "UCS-2", 70, 1),
        ("你" * 71, "UCS-2", 71, 2),
        ("你" * 134, "UCS-2", 134, 2),
        ("你" * 135, "UCS-2", 135, 3),
        ("🌱" * 35, "UCS-2", 70, 1),
        ("x" * 70 + "ç", "UCS-2", 71, 2),  # only the capital is in the alphabet
        ("Ç" * 160, "GSM-7", 160, 1),
        ("", "GSM-7", 0, 1),
    ],
)
def test_a_text_message_is_as_long_as_networks_count(
    text: str, encoding: str, units: int, segments: int
) -> None:
    """By 3GPP TS 23.038 and 23.040: 160 of seven bits or 70 of sixteen, 153 and 67 in parts, two units stay together."""
    found = measured(text)
    assert (found.encoding, found.units, found.segments) == (encoding, units, segments)


def test_the_alphabet_is_that_of_the_standard() -> None:
    """128 places: 127 characters and the escape to the extension, which has 10."""
    assert (len(set(GSM_7)), len(GSM_7), len(set(GSM_7_TWO))) == (127, 127, 10)
