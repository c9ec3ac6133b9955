"""How calls prove who calls: the closed list of schemes that profiles may name."""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import UTC
from hashlib import sha1, sha256
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def basic(user: str, password: str) -> str:
    """An Authorization header of user and password (RFC 7617)."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def aliyun_rpc(
    method: str, parameters: Mapping[str, str], account: str, secret: str, moment: datetime, nonce: str
) -> dict[str, str]:
    """
    All parameters of an RPC call of Alibaba Cloud, its signature among them.

    Args:
        method: GET or POST.
        parameters: Of the call.
        account: AccessKey id.
        secret: AccessKey secret.
        moment: Of the call.
        nonce: Another one at each call.

    Source:
        Alibaba Cloud, "Request signatures" of RPC APIs, signature version 1.0 (HMAC-SHA1).
    """
    known = {
        "AccessKeyId": account,
        "Format": "JSON",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": nonce,
        "SignatureVersion": "1.0",
        "Timestamp": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    told = {**known, **parameters}
    canonical = "&".join(f"{_percent(name)}={_percent(told[name])}" for name in sorted(told))
    to_sign = f"{method}&{_percent('/')}&{_percent(canonical)}"
    mark = hmac.digest(f"{secret}&".encode(), to_sign.encode(), sha1)
    return {**told, "Signature": b64encode(mark).decode()}


def _percent(text: str) -> str:
    return quote(text, safe="-_.~")


def tc3(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    account: str,
    secret: str,
    service: str,
    moment: datetime,
) -> str:
    """
    The Authorization header of a call of Tencent Cloud.

    Args:
        url: Of the call; its host is signed, and its path and query.
        body: As it leaves.
        headers: Those that are signed beside the host, by their names.
        account: Secret id.
        secret: Secret key.
        service: Such as "sms".
        moment: Of the call.

    Source:
        Tencent Cloud API 3.0, "Signature v3" (TC3-HMAC-SHA256).
    """
    parts, day = urlsplit(url), f"{moment.astimezone(UTC):%Y-%m-%d}"
    signed = {"host": parts.netloc, **{name.lower(): value for name, value in headers.items()}}
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name].strip().lower()}\n" for name in sorted(signed))
    request = "\n".join(("POST", parts.path or "/", parts.query, lines, names, sha256(body).hexdigest()))
    scope = f"{day}/{service}/tc3_request"
    stamp, digest = str(int(moment.timestamp())), sha256(request.encode()).hexdigest()
    to_sign = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    key = f"TC3{secret}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), sha256)
    mark = hmac.new(key, to_sign.encode(), sha256).hexdigest()
    return f"TC3-HMAC-SHA256 Credential={account}/{scope}, SignedHeaders={names}, Signature={mark}"
