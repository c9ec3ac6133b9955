"""From text to a condition: parsed as SQL, and then held against a list of what a condition may be made of."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import ParseError, SqlglotError

from evergrove.core import Term as Word
from evergrove.core import _
from evergrove.segments.language.catalogue import catalogue as shipped
from evergrove.segments.language.checks import (
    MOST_DAYS,
    compared,
    comparison,
    day_of,
    declared,
    field_term,
    function_term,
    holds,
    shown,
    unknown,
)
from evergrove.segments.language.errors import NoComparison, NotAllowed, NotQuoted, NotRead, TooMuch
from evergrove.segments.language.limits import CHARACTERS, LEVELS, MOST_CHARACTERS, MOST_DEPTH, check_size
from evergrove.segments.language.types import EQUAL, FromToday, Holds, Not, every, some
from evergrove.segments.language.writing import quoted, term_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.segments.language.catalogue import Catalogue
    from evergrove.segments.language.types import Condition, Op, Term, Value

EXAMPLE = "tier = 'high' and days_since_last_order > 60"
AGO, AHEAD = "days_ago", "days_ahead"
COMPARISONS: Mapping[type[exp.Expression], Op] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
TURNED: Mapping[Op, Op] = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
LIKE: Mapping[type[exp.Expression], tuple[Op, Op]] = {
    exp.Like: ("like", "not like"),
    exp.ILike: ("ilike", "not ilike"),
}
SUBQUERY, STATEMENTS, OTHER, FIELDS = (
    Word(_("a query within the condition")),
    Word(_("a second statement")),
    Word(_("this construct of SQL")),
    Word(_("another field in the place of a value")),
)

NOTHING = Word(_("nothing is written"))


def parse(text: str, catalogue: Catalogue | None = None) -> Condition:
    """
    Read a condition.

    Args:
        text: Such as ``tier = 'high' and days_since_last_order > 60``.
        catalogue: What it may name; None: what is shipped.

    Raises:
        InvalidSegment: It is none; the subclass says what is wrong, and where.
    """
    reader = _Reader(text, catalogue or shipped())
    condition = reader.condition(reader.tree())
    check_size(condition, "1:1")
    return condition


class _Reader:
    """One text, and the catalogue that it is held against."""

    def __init__(self, text: str, catalogue: Catalogue) -> None:
        self._text = text
        self._catalogue = catalogue

    def tree(self) -> exp.Expression:
        """The text as SQL understands it."""
        self._check_tokens()
        try:
            return cast("exp.Expression", sqlglot.parse_one(self._text, read="duckdb", into=exp.Condition))
        except RecursionError as error:
            raise TooMuch(where="1:1", limit=MOST_DEPTH, what=LEVELS) from error
        except ParseError as error:
            raise self._not_read(error) from error
        except SqlglotError as error:
            raise NotRead(where="1:1", near=shown(self._text), example=EXAMPLE) from error

    def _check_tokens(self) -> None:
        """Refuse what the parser itself should never see: it goes down one call a bracket."""
        if len(self._text) > MOST_CHARACTERS:
            raise TooMuch(where="1:1", limit=MOST_CHARACTERS, what=CHARACTERS)
        try:
            tokens = sqlglot.tokenize(self._text, read="duckdb")
        except SqlglotError as error:
            at = getattr(error, "start", None) or 0
            raise NotRead(where=self._at(at), near=shown(self._text[at:]), example=EXAMPLE) from error
        depth = 0
        for token in tokens:
            if token.token_type is TokenType.SEMICOLON:
                raise NotAllowed(where=self._at(token.start), what=STATEMENTS, example=EXAMPLE)
            depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
            if depth > MOST_DEPTH:
                raise TooMuch(where=self._at(token.start), limit=MOST_DEPTH, what=LEVELS)
        if not tokens:
            raise NotRead(where="1:1", near=NOTHING, example=EXAMPLE)

    def _not_read(self, error: ParseError) -> NotRead:
        told: dict[str, Any] = error.errors[0] if error.errors else {}
        line, column, near = told.get("line") or 1, told.get("col") or 1, told.get("highlight") or ""
        start = max(1, column - len(near) + 1)  # the parser tells where a word ends
        return NotRead(where=f"{line}:{start}", near=near or shown(self._text), example=EXAMPLE)

    def _at(self, offset: int) -> str:
        before = self._text[:offset]
        return f"{before.count(chr(10)) + 1}:{offset - before.rfind(chr(10))}"

    def where(self, node: exp.Expression) -> str:
        """Where a part of the tree begins in the text."""
        starts = [each.meta["start"] for each in node.walk() if "start" in each.meta]
        return self._at(min(starts, default=0))

    def refuse(self, node: Any) -> NotAllowed:
        """What to say of a part that has no place in a condition."""
        what: object = SUBQUERY if node.find(exp.Query) else OTHER
        if isinstance(node, exp.Func):
            what = f"{node.name if isinstance(node, exp.Anonymous) else node.sql_name().lower()}()"
        return NotAllowed(where=self.where(node), what=what, example=EXAMPLE)

    def condition(self, node: exp.Expression) -> Condition:
        """A part that is true or false."""
        if isinstance(node, exp.Paren):
            return self.condition(node.this)
        if isinstance(node, exp.And | exp.Or):
            join = every if isinstance(node, exp.And) else some
            return join(tuple(self.condition(each) for each in _chain(node)))
        if isinstance(node, exp.Not):
            return self._not(node.this)
        if type(node) in COMPARISONS:
            return self._compared(node)
        if isinstance(node, exp.Column | exp.Anonymous):
            return holds(self._catalogue, self.term(node), self.where(node))
        return self._special(node, negated=False)

    def _not(self, inner: exp.Expression) -> Condition:
        """``x not in (..)`` is an operator of its own; ``not (..)`` turns what stands in the brackets."""
        if isinstance(inner, exp.In | exp.Between | exp.Is) or type(inner) in LIKE:
            return self._special(inner, negated=True)
        return Not(self.condition(inner))

    def _special(self, node: exp.Expression, *, negated: bool) -> Condition:
        """In, between, like, is unknown."""
        term = self.term(node.this) if isinstance(node.this, exp.Column | exp.Anonymous) else None
        if term is None:
            raise self.refuse(node)
        where = self.where(node)
        if isinstance(node, exp.In) and _has_only(node, "this", "expressions") and node.expressions:
            return self._with(term, "not in" if negated else "in", node.expressions, where)
        if isinstance(node, exp.Between) and _has_only(node, "this", "low", "high"):
            bounds = [node.args["low"], node.args["high"]]
            return self._with(term, "not between" if negated else "between", bounds, where)
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return unknown(term, holds=not negated)
        if type(node) in LIKE and _has_only(node, "this", "expression", "negate"):
            op = LIKE[type(node)][negated != bool(node.args.get("negate"))]
            return self._with(term, op, [node.expression], where)
        raise self.refuse(node)

    def _compared(self, node: exp.Expression) -> Condition:
        op = COMPARISONS[type(node)]
        left, right = node.this, node.expression
        if isinstance(right, exp.Column | exp.Anonymous) and isinstance(
            left, exp.Literal | exp.Neg | exp.Cast
        ):
            left, right, op = right, left, TURNED[op]
        if not isinstance(left, exp.Column | exp.Anonymous):
            raise self.refuse(left)
        term, where = self.term(left), self.where(node)
        if isinstance(right, exp.Boolean) and op in EQUAL:
            alone = holds(self._catalogue, term, where)
            return alone if bool(right.this) == (op == "=") else Not(Holds(term))
        return self._with(term, op, [right], where)

    def _with(self, term: Term, op: Op, nodes: Sequence[exp.Expression], where: str) -> Condition:
        """A comparison with some values."""
        values = [self.value(each, term) for each in nodes]
        return compared(self._catalogue, term, op, values, where, [self.where(each) for each in nodes])

    def term(self, node: exp.Expression) -> Term:
        """A field, or a function with its arguments."""
        if isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier) and _has_only(node, "this"):
            if node.name.lower() in self._catalogue.functions:
                about = self._catalogue.functions[node.name.lower()]
                raise NoComparison(where=self.where(node), name=node.name, example=comparison(about))
            return field_term(self._catalogue, node.name, self.where(node))
        if isinstance(node, exp.Anonymous) and isinstance(node.this, str):
            given = [self.value(each) for each in node.expressions]
            return function_term(self._catalogue, node.this, given, self.where(node))
        raise self.refuse(node)

    def value(self, node: exp.Expression, of: Term | None = None) -> Value:
        """What a term is compared with, or a function is given."""
        if isinstance(node, exp.Literal):
            return node.this if node.is_string else Decimal(node.this)
        if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
            return -Decimal(node.this.this)
        if isinstance(node, exp.Anonymous) and str(node.this).lower() in (AGO, AHEAD):
            return self._from_today(node)
        if isinstance(node, exp.Cast) and node.to.this is exp.DataType.Type.DATE:
            day = day_of(node.name) if isinstance(node.this, exp.Literal) else None
            if day is not None:
                return day
        if isinstance(node, exp.Column):
            raise self._no_value(node, of)
        raise self.refuse(node)

    def _no_value(self, node: exp.Expression, of: Term | None) -> NotAllowed | NotQuoted:
        if node.name.lower() in self._catalogue.fields:
            return NotAllowed(where=self.where(node), what=FIELDS, example=EXAMPLE)
        is_worded = of is not None and declared(self._catalogue, of).type in ("word", "text")
        example = f"{term_text(of)} = {quoted(shown(node.name))}" if of and is_worded else "tier = 'high'"
        return NotQuoted(where=self.where(node), value=shown(node.name), example=example)

    def _from_today(self, node: exp.Anonymous) -> FromToday:
        (days,) = [self.value(each) for each in node.expressions] if len(node.expressions) == 1 else [None]
        if not isinstance(days, Decimal) or not 0 <= days <= MOST_DAYS or days != int(days):
            raise self.refuse(node)
        return FromToday(-int(days) if str(node.this).lower() == AGO else int(days))


def _chain(node: exp.Expression) -> Sequence[exp.Expression]:
    """The parts of ``a and b and c``, which SQL nests to the left, without going down a call for each."""
    kind, found = type(node), []
    while type(node) is kind:
        found.append(node.expression)
        node = node.this
    return [node, *reversed(found)]


def _has_only(node: exp.Expression, *names: str) -> bool:
    """Whether a part says nothing but this."""
    return all(name in names or not value for name, value in node.args.items())
