"""The words that the report says around its figures: names of windows, reasons, roles and classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import _, fill
from evergrove.ingest.reasons import REASONS
from evergrove.report.definitions import DEFINITIONS
from evergrove.segments.sentences.words import PLAYBOOK_WORDS, RFM_WORDS, STAGE_WORDS, TIER_WORDS
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.report.types import Figures
    from evergrove.text import Formats

WINDOWS: Mapping[str, str] = {
    "history": _("all history"),
    "today": _("today"),
    "last_12_months": _("last 12 months"),
    "next_12_months": _("next 12 months"),
    "next_active_days": _("next 180 days"),
    "from_now_on": _("from now on"),
    "lifetime": _("so far and to come"),
    "holdout": _("back-test"),
    "calibration": _("before the back-test"),
}
MODELS: Mapping[str, str] = {
    "pareto-nbd": "Pareto/NBD",
    "mbg-nbd": "MBG/NBD",
    "mbg-cnbd": "MBG/CNBD-k",
    "bg-cnbd": "BG/CNBD-k",
    "bg-nbd": "BG/NBD",
    "nbd": "NBD",
    "gamma-gamma": "Gamma-Gamma",
    "spend-regression": _("Gamma-Gamma, given the frequency"),
    "last_period": _("Same as last period"),
    "average_rate": _("Average rate so far"),
}
CODED_MODELS = frozenset(("pareto-nbd", "mbg-nbd", "mbg-cnbd", "bg-nbd", "bg-cnbd", "nbd"))
HOW: Mapping[str, str] = {
    "given": _("You named this model."),
    "champion": _(
        "Best, or as good as the best, of the models judged by the back-test over several windows."
    ),
    "back_test": _(
        "Chosen by the back-test: it foretold the part of the data kept back best, or as well as the best."
    ),
    "short_history": _("Taken because the history is too short to hold part of it back."),
    "fallback": _("Stands in, because the preferred models could not be used on these data."),
    "average_rate": _("No model could be fitted; the average rate of all customers stands in."),
}
BASES: Mapping[str, str] = {
    "revenue": _("revenue, net of refunds"),
    "margin": _("gross margin"),
    "net_profit": _("net profit"),
}
EXCLUDED: Mapping[str, str] = {
    "cancelled": _("Cancelled orders"),
    "unpaid": _("Unpaid orders"),
    "refund": _("Refunds"),
    "non_product": _("Postage, fees and other lines that are no product"),
    "other": _("Rows that are no order"),
}
ROLES: Mapping[str, str] = {
    "customer": _("Customer"),
    "guest": _("Customer without an account"),
    "order": _("Order number"),
    "date": _("Order date"),
    "amount": _("Amount"),
    "quantity": _("Quantity"),
    "price": _("Unit price"),
    "refund": _("Refunded amount"),
    "refund_date": _("Refund date"),
    "status": _("Order status"),
    "after_sale": _("After-sale status"),
    "cancelled": _("Cancelled on"),
    "currency": _("Currency"),
    "parent": _("Order that is refunded"),
    "updated": _("Last change"),
    "line": _("Line number"),
    "coupon": _("Coupon code"),
    "product": _("Product"),
}
# Columns and figures that may be missing -> the definition that names them for people.
FIGURE_OF: Mapping[str, str] = {
    "clv_12m_low": "interval",
    "clv_12m_high": "interval",
    "next_order_p25": "next_order_date",
    "next_order_p75": "next_order_date",
    "choice_by_back_test": "back_test",
    # The interval is given all the same, only without this part; the reason says so.
    "log_spread": "back_test",
}


CUSTOMERS = _("{count} {count:customer|customers}")
ORDERS = _("{count} {count:order|orders}")
ROWS = _("{count} {count:row|rows}")
MONTHS = _("{count} {count:month|months}")


def counted(count: int, of: str, formats: Formats) -> str:
    """So many of something: 1 customer, 1,234 customers."""
    return formats.say(of, count=formats.number(count))


def names(formats: Formats) -> dict[str, dict[str, str]]:
    """Names of tiers, stages, groups and playbooks by the codes of the figures; "" names those without a tier."""
    return {
        "tier": {tier.name.lower(): formats.say(word) for tier, word in TIER_WORDS.items()}
        | {"": formats.say(_("Without a tier"))},
        "stage": {stage.name.lower(): formats.say(word) for stage, word in STAGE_WORDS.items()},
        "group": {group.name.lower(): formats.say(word) for group, word in RFM_WORDS.items()},
        "action": {action.name: formats.say(word) for action, word in PLAYBOOK_WORDS.items()},
    }


def known(words: Mapping[str, str], code: str, formats: Formats) -> str:
    """A code in words; a code without words stands for itself."""
    return formats.say(words[code]) if code in words else code.replace("_", " ").replace(".", ": ")


def money_facts(currency: str, basis: str, formats: Formats) -> tuple[str, str]:
    """In which currency amounts are, and what value means."""
    return (
        formats.say(_("Amounts in {currency}"), currency=currency)
        if currency
        else formats.say(_("Amounts as in your files; no currency was declared")),
        formats.say(_("Value means {basis}"), basis=known(BASES, basis, formats)),
    )


def figure_name(name: str, formats: Formats) -> str:
    """The name for people of a column or figure."""
    key = FIGURE_OF.get(name, name)
    return formats.say(DEFINITIONS[key].name) if key in DEFINITIONS else name.replace("_", " ")


def rejection(code: str, formats: Formats) -> str:
    """Why rows were rejected, as a sentence."""
    return known(REASONS, code, formats)


def spoken(worded: Figures, formats: Formats) -> str:
    """A reason or warning of the figures, in the reader's language."""
    translate = translator(formats.language)
    params = {name: _models_named(value) for name, value in worded["params"].items()}
    parts = (fill(translate(text), params) for text in (worded["message"], worded["hint"]) if text)
    return formats.sentences(*parts)


def _models_named(value: Any) -> Any:
    """Codes of models, alone or in a list, as the names that the literature gives them."""
    codes = value.split(", ") if isinstance(value, str) else []
    return ", ".join(MODELS[code] for code in codes) if codes and set(codes) <= CODED_MODELS else value


def why_missing(figures: Figures, formats: Formats, *needed: str) -> str:
    """Why something cannot be given: the first limit that concerns what it needs."""
    for limit in figures["limits"]:
        if set(needed) & {*limit["missing"], *limit["instead"]}:
            return spoken(limit["reason"], formats)
    return formats.say(_("These data do not carry it."))
