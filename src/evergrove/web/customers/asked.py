"""Which customers a list is about: what stands in the address of the page, as a condition and as links."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Depends, Query

from evergrove.web.customers.columns import BY_KEY, DESCENDS_FIRST, USUAL, chosen
from evergrove.web.frame import query

if TYPE_CHECKING:
    from evergrove.web.frame import Form

PATH = "/customers"
UNPLACED = "none"
"""In the place of a tier's code: those without one."""
LONGEST = 4000
FIRST_SORT = "clv_12m"
FIRST_ORDER: Literal["asc", "desc"] = "desc"
"""The most valuable first: what one looks for more often than the first id."""


@dataclass(frozen=True)
class Question:
    """
    What a list is about.

    Attributes:
        tier: Code of the tier; empty: all.
        stage: Code of the stage; empty: all.
        where: A condition of the segment language; empty: none.
        sort: Column that the list is sorted by.
        order: asc or desc.
        columns: Which are shown.
    """

    tier: str = ""
    stage: str = ""
    where: str = ""
    sort: str = FIRST_SORT
    order: Literal["asc", "desc"] = FIRST_ORDER
    columns: tuple[str, ...] = USUAL

    @property
    def condition(self) -> str:
        """All of it in the language of segments."""
        parts = [f"({self.where})"] if self.where and (self.tier or self.stage) else [self.where]
        for axis in ("tier", "stage"):
            code = getattr(self, axis)
            if code:
                parts.append(f"{axis} is unknown" if code == UNPLACED else f"{axis} = '{_quoted(code)}'")
        return " and ".join(filter(None, parts))

    @property
    def is_everybody(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.tier or self.stage or self.where)

    def link(self, **changes: Any) -> str:
        """The page's address, with something changed; what is usual is left out of it."""
        return f"{PATH}{query(**self.parameters(**changes))}"

    def parameters(self, **changes: Any) -> dict[str, str]:
        """What stands in that address."""
        own = {name: changes.pop(name) for name in tuple(changes) if name in vars(self)}
        told = replace(self, **own)
        is_sorted = (told.sort, told.order) != (FIRST_SORT, FIRST_ORDER)
        return {
            "tier": told.tier,
            "stage": told.stage,
            "where": told.where,
            "sort": told.sort if is_sorted else "",
            "order": told.order if is_sorted else "",
            "columns": "" if told.columns == USUAL else ",".join(told.columns),
            **changes,
        }

    def sorted_by(self, key: str) -> str:
        """Where the heading of a column leads: to the list sorted by it, and then the other way round."""
        first: Literal["asc", "desc"] = "desc" if BY_KEY[key].kind in DESCENDS_FIRST else "asc"
        other: Literal["asc", "desc"] = "asc" if self.order == "desc" else "desc"
        return self.link(sort=key, order=other if key == self.sort else first)


def _quoted(code: str) -> str:
    return code.replace("'", "''")


def _sort_of(name: str) -> str:
    return name if name in BY_KEY and BY_KEY[name].is_sorted else FIRST_SORT


def _of_address(
    tier: Annotated[str, Query(max_length=60)] = "",
    stage: Annotated[str, Query(max_length=60)] = "",
    where: Annotated[str, Query(max_length=LONGEST)] = "",
    sort: Annotated[str, Query(max_length=60)] = FIRST_SORT,
    order: Annotated[str, Query(max_length=4)] = FIRST_ORDER,
    columns: Annotated[list[str] | None, Query()] = None,
) -> Question:
    return Question(
        tier, stage, where.strip(), _sort_of(sort), "asc" if order == "asc" else "desc", chosen(columns or ())
    )


ThisQuestion = Annotated[Question, Depends(_of_address)]
"""A parameter of a handler of a page about some customers."""


def question_of(form: Form) -> Question:
    """The same from a form."""
    return Question(
        form.text("tier")[:60],
        form.text("stage")[:60],
        form.text("where")[:LONGEST],
        _sort_of(form.text("sort", FIRST_SORT)),
        "asc" if form.text("order") == "asc" else "desc",
        chosen(form.texts("columns")),
    )
