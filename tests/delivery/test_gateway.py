"""Providers by their profiles: signatures as the providers publish them, and every fault of rows 22 to 24."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.delivery.channels.errors import ChannelAway, ChannelNotSetUp, ChannelRefuses
from evergrove.delivery.channels.gateway import (
    Around,
    GatewayChannel,
    MemoryKeys,
    ProfileProblem,
    load_profile,
    read_profile,
    shipped_profiles,
)
from evergrove.delivery.channels.gateway.signing import aliyun_rpc, tc3
from evergrove.delivery.channels.reports import Received, ReportNotProven, read_reports
from evergrove.delivery.types import Outgoing, Receipt
from evergrove.outbox import Message
from evergrove.settings import GatewaySettings, Settings
from evergrove.testing.gateway import ScriptedGateway, scripted_gateway

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.delivery.channels.gateway import Profile
    from evergrove.testing.gateway import Fault

TEN = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
MESSAGE = Message(
    playbook="L2",
    version=1,
    customer_id="C1",
    occasion="o",
    step=1,
    channel="sms",
    arm="treated",
    template="new-coupon",
    decision_id="d",
    run_id=1,
    not_before=TEN,
    valid_until=TEN + timedelta(days=2),
)
KEY = "0123456789abcdef0123456789abcdef"
LETTER = Outgoing(
    KEY,
    MESSAGE,
    "+8613800138000",
    TEN,
    "zh-Hans",
    text="您好 10% & more",
    template_id="T1",
    fields={"code": "WELCOME10", "name": "安"},
)


def led_to(profile: Profile, server: ScriptedGateway) -> Profile:
    """The same, with its addresses leading to this machine; what is signed keeps its path."""

    def here(url: str) -> str:
        path = url.partition("://")[2].partition("/")[2]
        return f"http://gateway.test:{server.server.port}/{path}"

    token = profile.token
    if token is not None:
        token = replace(token, call=replace(token.call, url=here(token.call.url)))
    return replace(profile, request=replace(profile.request, url=here(profile.request.url)), token=token)


def channel_of(name: str, server: ScriptedGateway, folder: Path, **changed: Any) -> GatewayChannel:
    """A shipped profile on this machine, with an account."""
    (folder / "secret").write_text("s3cret\n", encoding="utf-8")
    own = GatewaySettings(
        profile=name,
        account="AC1",
        secret_file=str(folder / "secret"),
        sender="Shop",
        app="1400",
        region="ap-guangzhou",
        connections=1,
        timeout_s=1,
    )
    around = Around(server.door, MemoryKeys(), lambda: "nonce")
    return GatewayChannel(led_to(load_profile(name), server), replace(own, **changed), around)


def told(name: str, folder: Path, *faults: Fault, **answers: bytes) -> tuple[Any, ScriptedGateway]:
    """What became of one message, and who was told."""
    with scripted_gateway(*faults, **answers) as server:  # type: ignore[arg-type]
        channel = channel_of(name, server, folder)
        (receipt,) = channel.deliver([LETTER])
        channel.close()
        return receipt, server


# Signatures, as the providers publish them


def test_aliyun_signs_as_its_documentation_does() -> None:
    """Two published examples: of SendSms (2017-05-25), and of ECS (2014-05-26)."""
    sms = {
        "Action": "SendSms",
        "Version": "2017-05-25",
        "RegionId": "cn-hangzhou",
        "PhoneNumbers": "15300000001",
        "SignName": "阿里云短信测试专用",
        "TemplateCode": "SMS_71390007",
        "TemplateParam": '{"customer":"test"}',
        "OutId": "123",
        "Format": "XML",
    }
    at, nonce = datetime(2017, 7, 12, 2, 42, 19, tzinfo=UTC), "45e25e9b-0a6f-4070-8c85-2956eda1b466"
    assert (
        aliyun_rpc("GET", sms, "testId", "testSecret", at, nonce)["Signature"]
        == "zJDF+Lrzhj/ThnlvIToysFRq6t4="
    )
    ecs = {"Action": "DescribeRegions", "Version": "2014-05-26", "Format": "XML"}
    at, nonce = datetime(2016, 2, 23, 12, 46, 24, tzinfo=UTC), "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"
    assert (
        aliyun_rpc("GET", ecs, "testid", "testsecret", at, nonce)["Signature"]
        == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="
    )


def test_tencent_signs_as_its_documentation_does() -> None:
    """The published example of signature v3, DescribeInstances."""
    body = b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
    head = tc3(
        "https://cvm.tencentcloudapi.com/",
        body,
        {"content-type": "application/json; charset=utf-8"},
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        "cvm",
        datetime.fromtimestamp(1551113065, UTC),
    )
    assert head == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


# What is told to whom


def test_twilio_is_told_of_a_text_message(tmp_path: Path) -> None:
    """A form, signed in by name and token."""
    receipt, server = told("twilio-sms", tmp_path, accepted=b'{"sid": "SM1", "status": "queued"}')
    (call,) = server.calls

    assert receipt == Receipt("accepted", provider_id="SM1", detail={"code": 200})
    assert call.form == {"To": "+8613800138000", "From": "Shop", "Body": "您好 10% & more"}
    assert b64decode(call.headers["authorization"].removeprefix("Basic ")) == b"AC1:s3cret"
    assert server.server.received[0].startswith(b"POST /2010-04-01/Accounts/AC1/Messages.json ")


def test_aliyun_is_told_of_a_template_and_its_fields(tmp_path: Path) -> None:
    """The whole form is signed; the signature counts itself out."""
    receipt, server = told("aliyun-sms", tmp_path, accepted=b'{"Code": "OK", "BizId": "9"}')
    form = dict(server.calls[0].form)
    given = form.pop("Signature")

    assert (receipt.state, receipt.provider_id) == ("accepted", "9")
    assert json.loads(form["TemplateParam"]) == {"code": "WELCOME10", "name": "安"}
    assert (form["OutId"], form["PhoneNumbers"], form["Timestamp"]) == (
        KEY,
        LETTER.to,
        "2026-07-01T02:00:00Z",
    )
    from urllib.parse import quote

    pairs = "&".join(f"{quote(name, safe='~')}={quote(form[name], safe='~')}" for name in sorted(form))
    signed = f"POST&%2F&{quote(pairs, safe='~')}"
    assert given == b64encode(hmac.digest(b"s3cret&", signed.encode(), sha1)).decode()


def test_tencent_is_told_of_a_template_and_its_fields_in_order(tmp_path: Path) -> None:
    """The message's own name goes with it."""
    accepted = b'{"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": "7"}]}}'
    receipt, server = told("tencent-sms", tmp_path, accepted=accepted)
    (call,) = server.calls

    assert (receipt.state, receipt.provider_id) == ("accepted", "7")
    assert call.json["TemplateParamSet"] == ["WELCOME10", "安"]
    assert (call.json["SessionContext"], call.headers["x-tc-timestamp"]) == (KEY, str(int(TEN.timestamp())))
    assert call.headers["authorization"].startswith(
        "TC3-HMAC-SHA256 Credential=AC1/2026-07-01/sms/tc3_request"
    )


def test_line_knows_a_message_that_comes_twice(tmp_path: Path) -> None:
    """A lost answer is asked for again under the same key, and 409 says that it was taken the first time."""
    receipt, server = told("line", tmp_path, "lost")
    assert receipt.state == "again"
    key = server.calls[0].headers["x-line-retry-key"]
    assert key == "01234567-89ab-cdef-0123-456789abcdef"
    assert server.calls[0].headers["authorization"] == "Bearer s3cret"

    from evergrove.delivery.channels.gateway.reading import read_answer
    from evergrove.net import Answer

    again = read_answer(load_profile("line"), Answer(409, {}, b"{}", is_whole=True, address=""), TEN)
    assert again.state == "accepted"


def test_wechat_fetches_a_token_once_and_anew_when_it_is_over(tmp_path: Path) -> None:
    """Two messages, one token; the platform lets go of it, and it is fetched once more within the attempt."""
    from evergrove.testing.http import scripted_http

    def said(body: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    token = b'{"access_token": "T%d", "expires_in": 7200}'
    good = said(b'{"errcode": 0, "errmsg": "ok", "msgid": 5}')
    script = [said(token % 1), good, good, said(b'{"errcode": 42001}'), said(token % 2), good]
    with scripted_http(*script) as server:
        gateway = ScriptedGateway(server, 0)
        channel = channel_of("wechat-subscription", gateway, tmp_path)
        receipts = [channel.deliver([LETTER])[0] for _each in range(3)]
        received = list(server.received)

    assert [each.state for each in receipts if isinstance(each, Receipt)] == ["accepted"] * 3
    lines = [raw.split(b" ")[1].decode() for raw in received]
    used = [line.partition("access_token=")[2] for line in lines]
    assert used == ["", "T1", "T1", "T1", "", "T2"]
    sent = json.loads(received[1].partition(b"\r\n\r\n")[2])
    assert sent["data"] == {"code": {"value": "WELCOME10"}, "name": {"value": "安"}}


def test_wecom_waits_for_staff(tmp_path: Path) -> None:
    """What WeCom has taken is a task that a member of staff must confirm."""
    from evergrove.testing.http import scripted_http

    token = b'HTTP/1.1 200 OK\r\nContent-Length: 37\r\n\r\n{"access_token":"T","expires_in":7200}'
    token = token.replace(b"37", str(len(token.partition(b"\r\n\r\n")[2])).encode())
    bodies = (b'{"errcode":0,"msgid":"m","fail_list":[]}', b'{"errcode":0,"msgid":"m","fail_list":["x"]}')
    answers = [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(each), each) for each in bodies]
    with scripted_http(token, *answers) as server:
        channel = channel_of("wecom", ScriptedGateway(server, 0), tmp_path)
        first, second = (channel.deliver([LETTER])[0] for _each in range(2))

    assert isinstance(first, Receipt) and isinstance(second, Receipt)  # noqa: PT018
    assert (first.state, first.provider_id) == ("awaiting_staff", "m")
    assert (second.state, second.reason) == ("failed", "delivery.address_refused")


# Faults: what they say of the message


@pytest.mark.parametrize(
    ("fault", "state", "reason"),
    [
        ("busy", "later", "delivery.throttled"),
        ("away", "later", "delivery.throttled"),
        ("error", "unknown", "delivery.no_answer"),
        ("lost", "unknown", "delivery.no_answer"),
        ("reset", "unknown", "delivery.no_answer"),
        ("hang", "unknown", "delivery.no_answer"),
        ("garbled", "unknown", "delivery.no_answer"),
        ("refused", "failed", "delivery.content_refused"),
    ],
)
def test_what_a_provider_may_have_taken_is_not_sent_again(
    tmp_path: Path, fault: Fault, state: str, reason: str
) -> None:
    """It costs money and reaches people: only what is known not to have been taken is tried again."""
    receipt, server = told("twilio-sms", tmp_path, fault)

    assert (receipt.state, receipt.reason, len(server.calls)) == (state, reason, 1)
    assert receipt.wait_s == (7.0 if fault == "busy" else None)


@pytest.mark.parametrize(
    ("name", "answer", "state", "reason", "suppress"),
    [
        ("twilio-sms", b'{"code": 21211}', "failed", "delivery.address_refused", "people.bounced"),
        ("twilio-sms", b'{"code": 21610}', "failed", "delivery.opted_out", "people.complained"),
        ("aliyun-sms", b'{"Code": "isv.MOBILE_NUMBER_ILLEGAL"}', "failed", "delivery.address_refused", "people.bounced"),
        ("aliyun-sms", b'{"Code": "isv.BUSINESS_LIMIT_CONTROL"}', "later", "delivery.throttled", None),
        ("aliyun-sms", b'{"Code": "isv.NEW"}', "failed", "delivery.content_refused", None),
        (
            "tencent-sms",
            b'{"Response": {"Error": {"Code": "RequestLimitExceeded"}}}',
            "later",
            "delivery.throttled",
            None,
        ),
    ],
)  # fmt: skip
def test_a_refusal_is_read_by_its_class(
    tmp_path: Path, name: str, answer: bytes, state: str, reason: str, suppress: str | None
) -> None:
    """200 with an error in the body too: the number, the person, the content, the pace."""
    receipt, _server = told(name, tmp_path, "error_body", refused=answer)

    assert (receipt.state, receipt.reason, receipt.suppress) == (state, reason, suppress)


def test_a_problem_of_the_account_stops_the_channel(tmp_path: Path) -> None:
    """No money left at the provider: nothing of the list is used up."""
    receipt, _server = told(
        "aliyun-sms", tmp_path, "error_body", refused=b'{"Code": "isv.AMOUNT_NOT_ENOUGH"}'
    )
    assert isinstance(receipt, ChannelRefuses)

    with scripted_gateway() as server:
        channel = channel_of("twilio-sms", server, tmp_path)
    (gone,) = channel.deliver([LETTER])  # the server is gone
    assert isinstance(gone, ChannelAway)


def test_what_a_profile_needs_is_asked_for(tmp_path: Path) -> None:
    """Before anything is sent."""
    with scripted_gateway() as server, pytest.raises(ChannelNotSetUp, match=r"sender in \[sms\]"):
        channel_of("twilio-sms", server, tmp_path, sender="")


def test_no_shipped_profile_claims_to_have_been_tried() -> None:
    """Nobody had an account; each names its documentation, and is read without a mistake."""
    found = [load_profile(name) for name in shipped_profiles()]

    assert {each.name for each in found} == set(shipped_profiles())
    assert [each.name for each in found if each.verified] == []
    assert all(each.docs.startswith("https://") and each.request.url.startswith("https://") for each in found)


@pytest.mark.parametrize(
    "change",
    [
        ("format", "evergrove.gateway/9"),
        ("scheme", "rot13"),
        ("needs", "[1]"),
        ("[answer]", "[answer]\nbogus = 1"),
        ("verified = false", 'verified = "yes"'),
        ("[request]", "[request"),
    ],
)
def test_a_profile_with_a_mistake_is_refused(change: tuple[str, str]) -> None:
    """With the place; never half understood."""
    from importlib.resources import files

    folder = files("evergrove.delivery.channels.gateway").joinpath("profiles")
    text = folder.joinpath("twilio-sms.toml").read_text(encoding="utf-8")
    name, other = change
    lines = {"format": f'format = "{other}"', "scheme": f'scheme = "{other}"', "needs": f"needs = {other}"}
    changed = (
        "\n".join(lines[name] if line.startswith(f"{name} =") else line for line in text.splitlines())
        if name in lines
        else text.replace(name, other, 1)
    )
    assert changed != text
    with pytest.raises(ProfileProblem):
        read_profile(changed, "mine.toml")


# Reports


def of_sms(folder: Path, profile: str) -> Settings:
    """Settings with a provider of text messages whose reports have a secret."""
    (folder / "report").write_text("12345\n", encoding="utf-8")
    return Settings(sms=GatewaySettings(profile=profile, report_secret_file=str(folder / "report")))


def test_twilios_reports_are_proven_as_its_documentation_does(tmp_path: Path) -> None:
    """The signature of the published example, and one letter of it changed."""
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    body = (
        b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
    )
    heads = {"x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}
    own = of_sms(tmp_path, "twilio-sms")

    assert read_reports("sms", own, Received(url, heads, body), TEN) == ([], "")
    with pytest.raises(ReportNotProven):
        read_reports(
            "sms", own, Received(url, {"x-twilio-signature": "XSOYDt4T1cUTdK1PDd93/VVr8B8="}, body), TEN
        )


@pytest.mark.parametrize(
    ("profile", "body", "found"),
    [
        (
            "aliyun-sms",
            b'[{"biz_id": "9", "out_id": "%s", "success": true}, {"biz_id": "8", "success": false}]'
            % KEY.encode(),
            [("9", "true", "delivered", KEY), ("8", "false", "bounced", None)],
        ),
        (
            "tencent-sms",
            b'[{"sid": "7", "report_status": "SUCCESS"}, {"sid": "6", "report_status": "FAIL"}, {"x": 1}]',
            [("7", "SUCCESS", "delivered", None), ("6", "FAIL", "bounced", None)],
        ),
    ],
)
def test_reports_are_read_by_their_profile(
    tmp_path: Path, profile: str, body: bytes, found: list[tuple[str, str, str, str | None]]
) -> None:
    """Several in one call; what names no message says nothing."""
    own = of_sms(tmp_path, profile)
    reports, answer = read_reports("sms", own, Received("", {}, body, "12345"), TEN)

    assert [(each.provider_id, each.kind, each.means, each.outbox_id) for each in reports] == found
    assert json.loads(answer)
    for wrong in ("", "1234", "123456"):
        with pytest.raises(ReportNotProven):
            read_reports("sms", own, Received("", {}, body, wrong), TEN)


def test_hmac_of_reports_is_the_one_of_the_standard_library(tmp_path: Path) -> None:
    """A shop's bridge signs WeCom's confirmations as our own calls are signed."""
    (tmp_path / "report").write_text("s\n", encoding="utf-8")
    own = Settings(wecom=GatewaySettings(profile="wecom", report_secret_file=str(tmp_path / "report")))
    body, moment = b'{"msgid": "m", "status": "sent"}', int(TEN.timestamp())
    mark = hmac.new(b"s", f"{moment}.".encode() + body, sha256).hexdigest()
    came = Received("", {"evergrove-signature": f"t={moment},v1={mark}"}, body)

    ((report,), _answer) = read_reports("wecom", own, came, TEN)
    assert (report.provider_id, report.means) == ("m", "delivered")
