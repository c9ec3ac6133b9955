"""For what and on which channel somebody may agree: declared once, with the words that files use for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ANY = "any"
"""The channel of a word that holds on all of them, and of purposes that have none."""
PROFILING = "profiling"


@dataclass(frozen=True)
class Purpose:
    """
    For what somebody is asked.

    Attributes:
        name: As it is stored.
        sentence: What is agreed to, English; faces translate it.
        by_channel: Whether it is asked channel by channel.
        also: Other words for it, as files have them.
    """

    name: str
    sentence: str
    by_channel: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChannelKind:
    """A way to reach somebody: its name as it is stored, and other words for it."""

    name: str
    also: tuple[str, ...] = ()


PURPOSES = (
    Purpose(
        "marketing",
        _("To be written to with offers."),
        by_channel=True,
        also=(
            "marketing_msg",
            "advertising",
            "promotion",
            "newsletter",
            "营销",
            "行销",
            "行銷",
            "推广",
            "推廣",
        ),
    ),
    Purpose(
        PROFILING,
        _("To be valued, ranked and grouped by what was bought."),
        also=(
            "profile",
            "personalisation",
            "personalization",
            "画像",
            "用户画像",
            "个性化",
            "輪廓分析",
            "個人化",
        ),
    ),
    Purpose(
        "analytics",
        _("To be counted in how pages and messages are used."),
        also=("statistics", "tracking", "统计", "分析", "統計"),
    ),
    Purpose(
        "survey",
        _("To be asked for an opinion."),
        by_channel=True,
        also=("surveys", "nps", "调查", "調查", "问卷", "問卷"),
    ),
    Purpose(
        "ad_share",
        _("To be handed to an advertising platform."),
        also=("ads", "audience", "third_party", "第三方", "广告投放", "廣告投放"),
    ),
)
CHANNELS = (
    ChannelKind("email", ("e-mail", "mail", "edm", "邮件", "电子邮件", "邮箱", "電子郵件", "信箱", "電子報")),
    ChannelKind("sms", ("text", "text_message", "mms", "短信", "简讯", "簡訊")),
    ChannelKind("phone", ("call", "telephone", "voice", "电话", "電話")),
    ChannelKind("wechat", ("weixin", "wecom", "微信", "企业微信", "公众号", "企業微信")),
    ChannelKind("line", ("line_oa",)),
    ChannelKind("whatsapp"),
    ChannelKind("push", ("app", "app_push", "notification", "推送", "推播")),
    ChannelKind("web", ("site", "onsite", "网站", "網站")),
    ChannelKind("post", ("letter", "direct_mail", "信函", "邮寄", "郵寄")),
    ChannelKind(ANY, ("all", "every", "*", "全部", "所有", "全渠道", "全通路")),
)
BY_PURPOSE: Mapping[str, Purpose] = {each.name: each for each in PURPOSES}


def purpose_named(text: str) -> str | None:
    """The purpose of a word; None: no purpose is called so. Blank: marketing."""
    return _purposes().get(_plain(text)) if text.strip() else "marketing"


def channel_named(text: str, purpose: str) -> str | None:
    """The channel of a word for a purpose; None: no channel is called so. Blank: e-mail, or any where none matters."""
    if purpose in BY_PURPOSE and not BY_PURPOSE[purpose].by_channel:
        return ANY
    return _channels().get(_plain(text)) if text.strip() else "email"


def _plain(text: str) -> str:
    return text.strip().casefold().replace("-", "_").replace(" ", "_")


@cache
def _purposes() -> Mapping[str, str]:
    return _words((each.name, each.also) for each in PURPOSES)


@cache
def _channels() -> Mapping[str, str]:
    return _words((each.name, each.also) for each in CHANNELS)


def _words(kinds: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    return {_plain(word): name for name, also in kinds for word in (name, *also)}
