"""Links of letters that lead back: ways out, wishes, and, with consent, what is read."""

from evergrove.delivery.links.tokens import Token, message_named, read_token, signed_name, token_of
from evergrove.delivery.links.ways import Ways, link_to, public_address, ways_out

__all__ = [
    "Token",
    "Ways",
    "link_to",
    "message_named",
    "public_address",
    "read_token",
    "signed_name",
    "token_of",
    "ways_out",
]
