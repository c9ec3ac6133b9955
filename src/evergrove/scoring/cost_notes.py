"""What a reader must know of a basis that rests on tables of costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import EvergroveWarning, _

if TYPE_CHECKING:
    from evergrove.scoring.terms import Terms

CENT = 0.005


class CostsPartlyKnown(EvergroveWarning):
    """Margins rest on some of the orders."""

    code = "scoring.costs_partly_known"
    message = _(
        "The cost of {known}% of all orders is known; of the others, each customer's own margin or the shop's counts."
    )
    hint = _("Bring in costs of the others: evergrove ingest FILE --as costs, or order_lines and products.")


class AcquisitionPartlyKnown(EvergroveWarning):
    """Net profit rests on the acquisition cost of some."""

    code = "scoring.acquisition_partly_known"
    message = _(
        "What it cost to win them is known of {known}% of the customers; of the others, {cac} each counts."
    )
    hint = _("Bring in spend of the months before, or say with cac what one new customer cost.")


class CostsOfNobody(EvergroveWarning):
    """Costs that no customer's net profit bears."""

    code = "scoring.costs_of_nobody"
    message = _(
        "Costs of {amount} belong to no customer with a purchase: no customer's net profit bears them."
    )
    hint = _("They are of unknown customers or orders, or advertising of months in which nobody new came.")


class CostsWithoutMargin(EvergroveWarning):
    """Acquisition, service or contact costs are known, but no margin."""

    code = "scoring.costs_without_margin"
    message = _("Costs of winning and serving customers are known, but no margin: value stays revenue.")
    hint = _("Set margin, a share of net revenue, or bring in costs of orders: then value is net profit.")


class CostsWaitForRates(EvergroveWarning):
    """Amounts in another currency, of whose day no rate is known."""

    code = "scoring.costs_wait_for_rates"
    message = _(
        "{rows} {rows:row|rows} of costs, lines, articles or advertising in other currencies {rows:waits|wait} for a rate."
    )
    hint = _("They count as soon as one comes in: evergrove ingest rates.csv --as rates.")


def cost_notes(terms: Terms, cac: float | None = None) -> tuple[EvergroveWarning, ...]:
    """
    Say on how much of the data margin and net profit rest; nothing where they rest on all, or on settings alone.

    Args:
        terms: On which value was counted.
        cac: Acquisition cost of the settings.
    """
    known = terms.known
    if known is None:
        return ()
    found: list[EvergroveWarning] = []
    if known.costs is not None and known.costs < 1:
        found.append(CostsPartlyKnown(known=_percent(known.costs)))
    if terms.basis == "net_profit" and known.acquisition is not None and known.acquisition < 1:
        found.append(AcquisitionPartlyKnown(known=_percent(known.acquisition), cac=f"{cac or 0.0:.2f}"))
    has_spending = known.acquisition is not None or known.running_share != 0
    if terms.basis == "revenue" and has_spending:
        found.append(CostsWithoutMargin())
    if known.waiting:
        found.append(CostsWaitForRates(rows=known.waiting))
    if terms.basis == "net_profit" and known.unassigned > CENT:
        found.append(CostsOfNobody(amount=f"{known.unassigned:.2f}"))
    return tuple(found)


def _percent(share: float) -> str:
    """Never 100 where something is missing, never 0 where something is known."""
    return f"{min(max(100 * share, 0.1), 99.9):.1f}"
