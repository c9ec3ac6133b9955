"""What the figures of outreach are called, and what they mean; on the page only where something was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.definitions import Definition

if TYPE_CHECKING:
    from collections.abc import Mapping

OUTREACH_DEFINITIONS: Mapping[str, Definition] = {
    "outreach_effect": Definition(
        _("Measured effect"),
        _(
            "What treated customers brought per head since the day after their assignment, less what control customers "
            "brought: margin (or revenue) of all their orders less all their refunds. Customers are compared within the tier "
            "and stage in which they stood at the assignment."
        ),
    ),
    "outreach_interval": Definition(
        _("Interval of an effect"),
        _(
            "The true effect falls between the two bounds in 8 of 10 cases (or as the sentence says). It is wide where "
            "few customers are in the control group, or few of them buy."
        ),
    ),
    "outreach_control": Definition(
        _("Control group"),
        _(
            "Customers whom chance chose to be left alone, before anything was sent. A small group receives no playbook at all and "
            "tells what the programme as a whole earned; each playbook has a control group of its own besides. Whether "
            "a message reached a treated customer plays no part: leaving out those it missed would compare unlike with unlike."
        ),
    ),
    "outreach_window": Definition(
        _("Window of an effect"),
        _(
            "Twice the time within which 9 of 10 repeat purchases come. Before that, a purchase that was merely made earlier "
            "looks like an additional one."
        ),
    ),
    "outreach_messages": Definition(
        _("What became of messages"),
        _(
            "Sent: taken over by the mail server. Perhaps sent: the connection broke off at the wrong moment; such a message is never "
            "sent again by itself. Stopped: a rule forbade it, or its time was over. Kept back for control: it would have "
            "gone to a control customer."
        ),
    ),
}
