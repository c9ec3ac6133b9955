"""Profiles of gateways: how one provider is called and understood, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from evergrove.core import InputError, NotToml, _, read_toml, toml_of
from evergrove.outbox import Learnt

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "evergrove.gateway/1"
Encoding = Literal["json", "form"]
Signing = Literal["none", "basic", "bearer", "access-token", "aliyun-rpc", "tc3-hmac-sha256"]
Proof = Literal["none", "hmac-sha256", "secret", "twilio", "line"]
Means = Literal[
    "bad_address", "opted_out", "no_token", "content", "account", "throttled", "expired_token", "repeated"
]
FORMS = ("short", "chat", "platform")
NEEDS = ("account", "sender", "app", "region")
SECTIONS = ("request", "signing", "token", "answer", "reports")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class NoSuchProfile(InputError):
    """No profile of this name is shipped, and there is no such file."""

    code = "delivery.no_such_profile"
    message = _("There is no profile {profile} of a gateway.")
    hint = _("Shipped are: {known}. A file of your own is named by its path, ending in .toml.")


class ProfileProblem(InputError):
    """A profile cannot be understood."""

    code = "delivery.profile_problem"
    message = _("The profile {profile} cannot be used: {reason}.")
    hint = _("docs/channels.md says what stands in a profile.")


@dataclass(frozen=True)
class Asked:
    """The call for one message; texts may hold fields in braces."""

    url: str
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    encoding: Encoding = "json"


@dataclass(frozen=True)
class Signed:
    """How calls prove who calls; the options are those of the scheme."""

    scheme: Signing = "none"
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TokenAsked:
    """The call by which an access token is fetched, and where it stands in the answer."""

    call: Asked
    at: str
    expires: str


@dataclass(frozen=True)
class Answered:
    """
    How an answer is read; places in it are keys with dots between, numbers for places in lists.

    Attributes:
        ok: Statuses that may tell of acceptance.
        codes: Places of the provider's own code; the first that is there counts.
        ok_codes: Codes that tell of acceptance; none: the status is enough.
        id: Where the provider's name for the message stands.
        refused: Where a list stands that is not empty when the recipient was refused.
        classes: Code, or status as a text, to what it means.
    """

    ok: tuple[int, ...] = (200,)
    codes: tuple[str, ...] = ()
    ok_codes: tuple[str, ...] = ()
    id: str = ""
    refused: str = ""
    classes: Mapping[str, Means] = field(default_factory=dict)


@dataclass(frozen=True)
class Reported:
    """How delivery reports are proven, read and answered."""

    proof: Proof = "none"
    encoding: Encoding = "json"
    items: str = ""
    id: str = ""
    key: str = ""
    kind: str = ""
    kinds: Mapping[str, Learnt] = field(default_factory=dict)
    answer: str = ""


@dataclass(frozen=True)
class Profile:
    """
    One provider.

    Attributes:
        verified: Whether somebody has tried it with an account; the shipped ones are not until then.
        form: What is written: a text message, a text for a chat, or the fields of the platform's own template.
        needs: Settings without which it cannot be used.
        is_idempotent: Whether the provider takes what comes under one key only once.
        takes_tokens: Whether each message needs a token of the customer's.
        awaits_staff: Whether a person of the shop has to act before the customer gets anything.
    """

    name: str
    channel: str
    says: str
    docs: str
    verified: bool
    form: Literal["short", "chat", "platform"]
    needs: tuple[str, ...]
    request: Asked
    signing: Signed
    answer: Answered
    token: TokenAsked | None = None
    reports: Reported = field(default_factory=Reported)
    is_idempotent: bool = False
    takes_tokens: bool = False
    awaits_staff: bool = False


def shipped_profiles() -> tuple[str, ...]:
    """Names of the profiles that come with Evergrove."""
    folder = files("evergrove.delivery.channels.gateway").joinpath("profiles")
    return tuple(sorted(each.name.removesuffix(".toml") for each in folder.iterdir() if ".toml" in each.name))


def load_profile(name: str) -> Profile:
    """
    A shipped profile by its name, or one of the shop's own by its path.

    Raises:
        NoSuchProfile: There is none.
        ProfileProblem: It cannot be understood.
    """
    if name in shipped_profiles():
        text = (
            files("evergrove.delivery.channels.gateway")
            .joinpath("profiles", f"{name}.toml")
            .read_text(encoding="utf-8")
        )
        return read_profile(text, name)
    if not name.endswith(".toml"):
        raise NoSuchProfile(profile=name[:80], known=", ".join(shipped_profiles()))
    try:
        _document, text = read_toml(Path(name))
    except FileNotFoundError as error:
        raise NoSuchProfile(profile=name[:80], known=", ".join(shipped_profiles())) from error
    except NotToml as error:
        raise ProfileProblem(profile=name, reason=error.reason) from error
    return read_profile(text, name)


def read_profile(text: str, origin: str) -> Profile:
    """
    A profile from its TOML.

    Raises:
        ProfileProblem: What is wrong with it.
    """
    try:
        document = toml_of(text)
        return _profile(document)
    except NotToml as error:
        raise ProfileProblem(profile=origin, reason=error.reason) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProfileProblem(profile=origin, reason=f"{type(error).__name__}: {error}"[:200]) from error


def _profile(document: Mapping[str, Any]) -> Profile:
    _known(document, {"format", *(each.name for each in fields(Profile))})
    if document["format"] != FORMAT:
        raise ValueError(str(document["format"]))
    plain = {name: value for name, value in document.items() if name not in ("format", *SECTIONS)}
    found = Profile(
        **{**plain, "needs": _of(plain["needs"], NEEDS)},
        request=_asked(document["request"]),
        signing=_signed(document.get("signing", {})),
        answer=_answered(document["answer"]),
        token=_token(document["token"]) if "token" in document else None,
        reports=_reported(document.get("reports", {})),
    )
    if not _NAME.fullmatch(found.name) or found.form not in FORMS or not isinstance(found.verified, bool):
        raise ValueError(found.name)
    if (found.signing.scheme == "access-token") != (found.token is not None):
        raise ValueError("token")
    return found


def _asked(told: Mapping[str, Any]) -> Asked:
    _known(told, {each.name for each in fields(Asked)})
    found = Asked(**told)
    _of((found.encoding,), get_args(Encoding))
    return found


def _signed(told: Mapping[str, Any]) -> Signed:
    options = {name: str(value) for name, value in told.items() if name != "scheme"}
    (scheme,) = _of((told.get("scheme", "none"),), get_args(Signing))
    return Signed(scheme, options)  # type: ignore[arg-type]  # one of the list


def _token(told: Mapping[str, Any]) -> TokenAsked:
    call = {name: value for name, value in told.items() if name not in ("at", "expires")}
    return TokenAsked(_asked(call), str(told["at"]), str(told["expires"]))


def _answered(told: Mapping[str, Any]) -> Answered:
    _known(told, {each.name for each in fields(Answered)})
    classes = {
        str(code): means
        for means, codes in told.get("classes", {}).items()
        for code in codes
        if _of((means,), get_args(Means))
    }
    given: dict[str, Any] = {name: tuple(told[name]) for name in ("ok", "codes", "ok_codes") if name in told}
    given |= {name: told[name] for name in ("id", "refused") if name in told}
    return Answered(**given, classes=classes)


def _reported(told: Mapping[str, Any]) -> Reported:
    _known(told, {each.name for each in fields(Reported)})
    found = Reported(**told)
    _of((found.proof,), get_args(Proof))
    _of((found.encoding,), get_args(Encoding))
    _of(tuple(found.kinds.values()), get_args(Learnt))
    return found


def _known(told: Mapping[str, Any], names: set[str]) -> None:
    if strange := set(told) - names:
        raise ValueError(", ".join(sorted(strange)))


def _of(given: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    if strange := [each for each in given if each not in known]:
        raise ValueError(f"{strange[0]} ({', '.join(known)})")
    return tuple(given)
