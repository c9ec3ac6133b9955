"""E-mail over SMTP: the channel, its conversations, the bytes of a mail, and what servers' replies mean."""

from evergrove.delivery.channels.email.smtp import SmtpChannel

__all__ = ["SmtpChannel"]
