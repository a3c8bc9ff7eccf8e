from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cartage.connections import Connection
from cartage.lanes.settings.alerts import EmailAlerts
from cartage.monitoring import Alert, ChannelFailed
from cartage.monitoring.channels.smtp import SmtpChannel

# These tests log in without TLS on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")

ALERT = Alert(
    lane="demo",
    stage="import_orders",
    title="3dcart – Größe",
    what_it_means="Orders wait.",
    fix="Check the connection.",
    link="https://airflow.example.com/x",
    facts={"orders": 3},
)
TO = ("ops@example.com", "boss@example.com")


class _Only:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, connection_id: str) -> Connection | None:
        return self._connection


def _channel(port: int, extra: dict[str, Any] | None = None, **fields: Any) -> SmtpChannel:
    extra = {"disable_ssl": True, "disable_tls": True} if extra is None else extra
    connection = Connection(id="smtp", host="127.0.0.1", port=port, extra=extra, **fields)
    return SmtpChannel(
        EmailAlerts(connection="smtp", sender="Cartage <c@example.com>", to=TO), _Only(connection)
    )


def test_an_alert_arrives_complete_at_every_recipient(mail_server: Callable[..., Any]) -> None:
    server = mail_server()
    _channel(server.port).deliver(ALERT)
    (mail,) = server.box.mails
    assert server.box.receivers == list(TO)
    assert mail["Subject"] == "[cartage demo] import_orders: 3dcart – Größe"
    assert mail["From"] == "Cartage <c@example.com>"
    assert mail["Message-ID"].rstrip(">").endswith("@example.com")
    text = mail.get_content()
    for part in (
        "3dcart – Größe",
        "Orders wait.",
        "Check the connection.",
        "https://airflow.example.com/x",
        "orders: 3",
    ):
        assert part in text


def test_it_logs_in_if_the_connection_has_a_login(mail_server: Callable[..., Any]) -> None:
    server = mail_server(login=True)
    _channel(server.port, login="cartage", password="hunter2").deliver(ALERT)
    assert len(server.box.mails) == 1


def test_a_wrong_password_is_reported_without_showing_it(mail_server: Callable[..., Any]) -> None:
    server = mail_server(login=True)
    with pytest.raises(ChannelFailed, match=r"did not accept the login \(535\)") as caught:
        _channel(server.port, login="cartage", password="wrong-s3cr3t").deliver(ALERT)
    assert "s3cr3t" not in str(caught.value)
    assert server.box.mails == []


def test_starttls_encrypts_and_verifies_the_server(
    mail_server: Callable[..., Any],
    certificate: tuple[Path, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file, context = certificate
    server = mail_server(tls_context=context)
    starttls = {"disable_ssl": True}
    with pytest.raises(ChannelFailed, match="failed at TLS"):
        _channel(server.port, starttls).deliver(ALERT)
    assert server.box.mails == []
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    _channel(server.port, starttls).deliver(ALERT)
    assert server.box.encrypted == [True]


def test_verification_can_be_turned_off_for_a_self_signed_certificate(
    mail_server: Callable[..., Any], certificate: tuple[Path, ssl.SSLContext]
) -> None:
    server = mail_server(tls_context=certificate[1])
    _channel(server.port, {"disable_ssl": True, "ssl_context": "none"}).deliver(ALERT)
    assert server.box.encrypted == [True]


def test_a_refused_recipient_is_named_and_the_others_get_the_mail(mail_server: Callable[..., Any]) -> None:
    server = mail_server()
    server.box.refused = {"boss@example.com"}
    with pytest.raises(ChannelFailed, match=r"refused for boss@example\.com"):
        _channel(server.port).deliver(ALERT)
    assert server.box.receivers == ["ops@example.com"]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Accept connections and never respond."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_server_that_never_responds_times_out(silent_port: int) -> None:
    extra = {"disable_ssl": True, "disable_tls": True, "timeout": 0.2}
    with pytest.raises(ChannelFailed, match=r"did not respond within 0\.2 s"):
        _channel(silent_port, extra).deliver(ALERT)


def test_a_server_that_is_down_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ChannelFailed, match="ConnectionRefusedError"):
        _channel(port).deliver(ALERT)
