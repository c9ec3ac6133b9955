"""Statements that become words where somebody reads them."""

from __future__ import annotations

from evergrove.core import Amount, Sentence, Term


def test_the_sign_of_the_currency_stands_before_amounts_and_before_nothing_else() -> None:
    """A count stays a count, a negative amount keeps its minus in front, and sentences within sentences follow."""
    inner = Sentence(
        "test.inner", "spend {spend}, orders {orders}", {"spend": Amount("1,091.66"), "orders": 7}
    )
    outer = Sentence(
        "test.outer", "{reason}; back {back}.", {"reason": inner, "back": (Amount("-5"), "none")}
    )

    assert outer.said(sign="CN¥") == "spend CN¥1,091.66, orders 7; back -CN¥5, none."
    assert str(outer) == "spend 1,091.66, orders 7; back -5, none."


def test_terms_are_translated_and_amounts_are_not() -> None:
    """An amount is written already: no catalogue knows it."""
    sentence = Sentence("test.both", "{word}: {amount}", {"word": Term("spend"), "amount": Amount("12")})

    assert (
        sentence.said({"spend": "消费", "{word}: {amount}": "{word}：{amount}"}.__getitem__, "¥")
        == "消费：¥12"
    )
