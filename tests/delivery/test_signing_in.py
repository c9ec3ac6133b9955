"""Encrypted, proven, signed in; or not a byte of mail leaves."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from evergrove.delivery import Mail, Receipt, SmtpChannel
from evergrove.delivery.errors import (
    InsecureServer,
    NoMailServer,
    NoPassword,
    ServerInTheOpen,
    ServerNotProven,
    SignInRefused,
)
from evergrove.testing.smtp import scripted_smtp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evergrove.settings import MailSettings

PASSWORD = "correct horse"  # noqa: S105 - of a server that lives for one test


def certificate(path: Path, host: str) -> Path:
    """A certificate, signed by itself, for one address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1."""
    return certificate(tmp_path_factory.mktemp("tls") / "server.pem", "127.0.0.1")


def server_side(chain: Path) -> ssl.SSLContext:
    """What a server shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


def trusting(chain: Path) -> ssl.SSLContext:
    """A client that trusts this certificate and no other."""
    return ssl.create_default_context(cafile=str(chain))


@pytest.fixture
def signed_in(mail_settings: MailSettings, tmp_path: Path) -> MailSettings:
    """Settings with a user and the file of the password."""
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\nsecond line\n")
    return replace(
        mail_settings, host="127.0.0.1", security="starttls", user="shop", password_file=str(secret)
    )


def test_mail_goes_encrypted_after_a_sign_in(
    signed_in: MailSettings, chain: Path, make_mail: Callable[..., Mail]
) -> None:
    """STARTTLS with a certificate that proves the server, then user and password, then mail."""
    with scripted_smtp(tls=server_side(chain), passwords={"shop": PASSWORD}) as server:
        channel = SmtpChannel(replace(signed_in, port=server.port), trusting(chain))
        first, second = channel.deliver([make_mail()])[0], channel.deliver([make_mail(number=2)])[0]
        channel.close()

    assert [answer.state for answer in (first, second) if isinstance(answer, Receipt)] == ["accepted"] * 2
    assert server.signed_in == ["shop"]


def test_a_wrong_password_is_a_problem_of_the_account(
    signed_in: MailSettings, chain: Path, make_mail: Callable[..., Mail]
) -> None:
    """It is said with the code, without the password."""
    with scripted_smtp(tls=server_side(chain), passwords={"shop": "another"}) as server:
        (answer,) = SmtpChannel(replace(signed_in, port=server.port), trusting(chain)).deliver([make_mail()])

    assert isinstance(answer, SignInRefused)
    assert "535" in str(answer)
    assert PASSWORD not in repr(answer) + str(answer)


def test_a_server_that_offers_no_encryption_gets_nothing(
    signed_in: MailSettings, make_mail: Callable[..., Mail]
) -> None:
    """Whoever strips STARTTLS from the greeting learns neither password nor address."""
    with scripted_smtp() as server:
        (answer,) = SmtpChannel(replace(signed_in, port=server.port)).deliver([make_mail()])

    assert isinstance(answer, ServerInTheOpen)
    assert (server.received, server.signed_in) == ([], [])


def test_a_certificate_that_nobody_vouches_for_is_refused(
    signed_in: MailSettings, chain: Path, make_mail: Callable[..., Mail]
) -> None:
    """The system's own list of trust is what counts."""
    with scripted_smtp(tls=server_side(chain)) as server:
        (answer,) = SmtpChannel(replace(signed_in, port=server.port)).deliver([make_mail()])

    assert isinstance(answer, ServerNotProven)
    assert server.received == []


def test_a_certificate_of_another_machine_is_refused(
    signed_in: MailSettings, tmp_path: Path, make_mail: Callable[..., Mail]
) -> None:
    """Trusted, but for another address than the one that was called."""
    other = certificate(tmp_path / "other.pem", "127.0.0.9")
    with scripted_smtp(tls=server_side(other)) as server:
        (answer,) = SmtpChannel(replace(signed_in, port=server.port), trusting(other)).deliver([make_mail()])

    assert isinstance(answer, ServerNotProven)


@pytest.mark.parametrize("host", ["mail.example.com", "10.0.0.5", "localhost.example.com", "0.0.0.0"])  # noqa: S104 - refused
def test_the_open_is_for_this_machine_only(mail_settings: MailSettings, host: str) -> None:
    """Without encryption no other machine is talked to, whatever its name looks like."""
    with pytest.raises(InsecureServer, match="starttls"):
        SmtpChannel(replace(mail_settings, host=host))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_this_machine_needs_no_encryption(mail_settings: MailSettings, host: str) -> None:
    """Nothing is opened yet."""
    assert SmtpChannel(replace(mail_settings, host=host)).width == 1


def test_what_is_missing_is_said_before_anything_is_opened(
    mail_settings: MailSettings, tmp_path: Path
) -> None:
    """No server, no password, an empty password: each with its own way out."""
    with pytest.raises(NoMailServer):
        SmtpChannel(mail_settings)
    (tmp_path / "empty").write_text("\n")
    for file in ("", str(tmp_path / "nowhere"), str(tmp_path / "empty")):
        with pytest.raises(NoPassword, match="password_file"):
            SmtpChannel(replace(mail_settings, host="localhost", user="shop", password_file=file))
