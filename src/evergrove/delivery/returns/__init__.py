"""What comes back on letters that have left: bounces and complaints, by mail or told by a provider."""

from evergrove.delivery.returns.folders import mails_in
from evergrove.delivery.returns.mails import told_by_mail
from evergrove.delivery.returns.signing import check_signature
from evergrove.delivery.returns.taking import take_return
from evergrove.delivery.returns.types import Taken, Told

__all__ = ["Taken", "Told", "check_signature", "mails_in", "take_return", "told_by_mail"]
