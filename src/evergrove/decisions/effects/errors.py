"""What keeps effects from being believed."""

from __future__ import annotations

from evergrove.core import InputError, _


class NotAnEffect(InputError):
    """A measured cell or an assumption has no usable numbers."""

    code = "decisions.not_an_effect"
    message = _("Of {playbook} in {cell} the effect is {effect} with a standard error of {se}.")
    hint = _("Both have to be finite, and the error above 0: leave cells out in which nothing can be said.")


class MeasuredLater(InputError):
    """A cell was measured after the day of the belief."""

    code = "decisions.measured_later"
    message = _("Of {playbook} there is a measurement of {measured}, which is after {as_of}.")
    hint = _("Ask for the effects as of {measured} or later.")


class NoSpread(InputError):
    """An assumption of nothing at no cost would never learn."""

    code = "decisions.no_spread"
    message = _(
        "{playbook} is assumed to bring nothing and to cost nothing, so nothing would ever be learned of it."
    )
    hint = _("Say what a contact costs, or leave the assumption away.")
