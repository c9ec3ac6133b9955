"""The pages: where a growth team lives. Each asks the routes of /v1 and shows what they answer."""

from evergrove.web.site import PARTS

__all__ = ["PARTS"]
