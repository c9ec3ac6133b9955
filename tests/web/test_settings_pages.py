"""The settings: people and keys are let in and shut out, settings changed, acts verified, by forms without scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evergrove.testing.browsing import Browser
from evergrove.testing.door import PASSWORD

if TYPE_CHECKING:
    from evergrove.testing.house import House


def test_an_administrator_invites_somebody_who_comes_in(house: House) -> None:
    """The link is shown once, in the answer of the form; whoever follows it chooses a password and is in."""
    admin = Browser(house)

    seen = admin.send(
        admin.open("/settings/people"), "/settings/people", email="new@shop.example", role="analyst"
    )

    assert "new@shop.example" in seen.text
    assert "/link/" not in admin.open("/settings/people").text
    found = re.search(r"http://[^ ]+(/link/[A-Za-z0-9_-]+)", seen.text)
    assert found
    guest = Browser(house, None)
    guest.client.follow_redirects = False
    guest.send(guest.open(found[1]), found[1], 303, password=PASSWORD)
    assert "imports.write" in guest.client.get("/v1/me").json()["rights"]


def test_a_role_is_given_and_an_account_disabled(house: House) -> None:
    """By the line of the person; the last administrator stays."""
    admin = Browser(house)
    viewer, me = house.ids["viewer"], house.ids["admin"]

    admin.send(admin.open("/settings/people"), f"/settings/people/{viewer}", role="marketer")
    listed = {each["id"]: each for each in admin.client.get("/v1/users").json()["items"]}
    assert listed[viewer]["role"] == "marketer"

    admin.send(admin.open("/settings/people"), f"/settings/people/{viewer}", disable="yes")
    listed = {each["id"]: each for each in admin.client.get("/v1/users").json()["items"]}
    assert listed[viewer]["status"] == "disabled"

    refused = admin.send(admin.open("/settings/people"), f"/settings/people/{me}", 403, disable="yes")
    assert "last administrator" in refused.text


def test_a_key_is_shown_once_and_revoked(house: House) -> None:
    """It works as long as it is not revoked, and can do what was ticked."""
    marketer = Browser(house, "marketer")

    seen = marketer.send(
        marketer.open("/settings/keys"), "/settings/keys", name="till", scopes=["figures.read"], days="30"
    )
    key = next(part for part in seen.text.split() if re.fullmatch(r"evg_[0-9a-f]{12}_\S+", part))
    headers = {"Authorization": f"Bearer {key}"}
    program = house.client(None)
    assert program.get("/v1/me", headers=headers).json()["rights"] == ["figures.read"]
    assert key not in marketer.open("/settings/keys").text

    prefix = key[:16]
    marketer.send(marketer.open("/settings/keys"), f"/settings/keys/{prefix}/revoke")
    assert program.get("/v1/me", headers=headers).status_code == 401


def test_a_key_without_a_name_is_refused_and_what_was_ticked_stays(house: House) -> None:
    """The fault stands at its field."""
    marketer = Browser(house, "marketer")

    seen = marketer.send(
        marketer.open("/settings/keys"), "/settings/keys", 422, name="", scopes=["segments.read"]
    )

    form = next(each for each in seen.forms if each.action == "/settings/keys")
    assert form.fields["scopes"] == ["segments.read"]
    assert "This is missing" in seen.text


def test_settings_are_changed_and_heard_at_once(house: House) -> None:
    """What was not touched stays; what cannot be is refused with its sentence, and what was typed stays."""
    admin = Browser(house)
    before = (house.here.folder / "evergrove.toml").read_text(encoding="utf-8")

    admin.send(
        admin.open("/settings/general"),
        "/settings/general",
        200,
        **{"value.discount_rate": "0.15", "value.margin": "0.4"},
    )

    after = (house.here.folder / "evergrove.toml").read_text(encoding="utf-8")
    assert (house.here.settings.value.discount_rate, house.here.settings.value.margin) == (0.15, 0.4)
    assert set(before.splitlines()) <= set(after.splitlines())
    assert len(after.splitlines()) == len(before.splitlines()) + 2
    refused = admin.send(
        admin.open("/settings/general"), "/settings/general", 422, **{"value.discount_rate": "seven"}
    )
    form = next(each for each in refused.forms if each.action == "/settings/general")
    assert form.fields["value.discount_rate"] == ["seven"]
    assert "is not a number" in refused.text


def test_who_may_only_read_settings_sees_no_form(house: House) -> None:
    """And nothing secret, whoever looks."""
    seen = Browser(house, "marketer").open("/settings/general")

    assert not [each for each in seen.forms if each.action == "/settings/general" and len(each.fields) > 1]
    assert house.here.settings.outreach.salt not in Browser(house).open("/settings/general").text


def test_a_password_is_changed_by_who_knows_the_old_one(house: House) -> None:
    """All other log-ins end; a wrong one changes nothing."""
    viewer, elsewhere = Browser(house, "viewer"), Browser(house, "viewer")
    page = viewer.open("/settings/account")

    viewer.send(page, "/settings/account", 401, old="wrong", new="six words that nobody has joined")
    viewer.send(
        viewer.open("/settings/account"),
        "/settings/account",
        old=PASSWORD,
        new="six words that nobody has joined",
    )

    assert "Your password is another one" in viewer.open("/settings/account").text or viewer.path
    assert elsewhere.client.get("/v1/me").status_code == 401
    assert viewer.client.get("/v1/me").status_code == 200


def test_the_trail_is_read_and_verified(house: House) -> None:
    """The page shows what was just done, and walks along the chain."""
    admin = Browser(house)
    admin.send(admin.open("/settings/people"), "/settings/people", email="new@shop.example", role="viewer")

    seen = admin.open("/settings/audit?act=access.")

    assert "access.invited" in seen.text
    assert "new@shop.example" in seen.text  # the trail holds a number; who manages people may see whose it is
    assert "The chain holds" in admin.open("/settings/audit?verify=yes").text


def test_health_says_what_is_wrong_and_lets_a_copy_send(house: House) -> None:
    """A workspace without a backup folder says so; an analyst sees no button for backups."""
    admin, analyst = Browser(house), Browser(house, "analyst")

    refused = admin.send(admin.open("/settings/health"), "/settings/health/backup", 422)

    assert "Where backups go is not said" in refused.text
    assert "/settings/health/backup" not in [each.action for each in analyst.open("/settings/health").forms]


def test_privacy_says_where_people_are_kept(house: House) -> None:
    """In words, in the reader's language."""
    assert "sealed with a key" in Browser(house).open("/settings/privacy").text
    assert "金鑰" in Browser(house, "admin", "zh-Hant").open("/settings/privacy").text


def test_a_form_that_was_open_for_long_takes_nothing_back(house: House) -> None:
    """Two people have the page open; each one's change stays."""
    one, other = Browser(house), Browser(house)
    seen = one.open("/settings/general")
    other.send(other.open("/settings/general"), "/settings/general", 200, **{"workspace.keep_days": "900"})

    one.send(seen, "/settings/general", 200, **{"workspace.refit_days": "9"})

    kept = house.here.settings.workspace
    assert (kept.keep_days, kept.refit_days) == (900, 9)


def test_pages_stand_without_a_time_zone(house: House) -> None:
    """Emptied, it is the default again: days are told in UTC then."""
    admin = Browser(house)

    admin.send(admin.open("/settings/general"), "/settings/general", 200, **{"value.timezone": ""})

    assert house.here.settings.value.timezone == ""
    admin.open("/settings/general")
    assert Browser(house, None).open("/sign-in").text


def test_settings_are_changed_by_people_and_by_no_key(house: House) -> None:
    """Who mails come from, and where their recipients are led, must not outlive a key that leaked."""
    answer = house.client("admin").patch("/v1/settings", json={"changes": {"mail": {"sender_name": "X"}}})

    assert (answer.status_code, answer.json()["code"]) == (403, "access.person_needed")
