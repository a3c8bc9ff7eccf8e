"""Text from a store stays plain text in every channel's message: no markup, no mention, no further header."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

from cartage.connections import Connection
from cartage.lanes.settings.alerts import EmailAlerts, HttpAlerts, WebhookAlerts
from cartage.monitoring import Alert
from cartage.monitoring.channels.endpoint import EndpointChannel
from cartage.monitoring.channels.smtp import SmtpChannel
from cartage.monitoring.channels.webhook import WebhookChannel

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(2)'>",
    '=HYPERLINK("http://evil.example","x")',
    "<!channel> <http://evil.example|click>",
)


class _Only:
    def __init__(self, port: int) -> None:
        extra = {"disable_ssl": True, "disable_tls": True}
        self._connection = Connection("c", host="127.0.0.1", schema="http", port=port, extra=extra)

    def get(self, connection_id: str) -> Connection | None:
        return self._connection


def alert(text: str) -> Alert:
    return Alert(
        "demo",
        "blocked_orders",
        f"1 order blocked: SKU {text} is unknown\r\nBcc: evil@example.com",
        f"These orders wait: {text}",
        f"Map {text}.",
        facts={"examples": text, text: "1"},
    )


def test_an_e_mail_is_plain_text_with_only_our_headers(mail_server: Callable[..., Any]) -> None:
    server = mail_server()
    settings = EmailAlerts(connection="c", sender="c@example.com", to=("ops@example.com",))
    for text in HOSTILE:
        SmtpChannel(settings, _Only(server.port)).deliver(alert(text))
        mail = server.box.mails[-1]
        assert (mail.get_content_type(), mail.is_multipart()) == ("text/plain", False)
        assert mail["Bcc"] is None
        assert text in mail.get_content()
    assert set(server.box.receivers) == {"ops@example.com"}


def test_a_chat_message_contains_no_injected_mention_or_link(receiver: Any) -> None:
    for text in HOSTILE:
        WebhookChannel(WebhookAlerts(connection="c"), _Only(receiver.port)).deliver(alert(text))
        _, body = receiver.posts[-1]
        texts = [body["text"]]
        for block in body["blocks"]:
            texts += [part["text"] for part in (block.get("text"), *block.get("fields", ())) if part]
        # Slack reads these two characters as a mention, a link or a date.
        assert [part for part in texts if "<" in part or ">" in part] == []
        assert text in unescape(body["text"])


def test_an_endpoint_receives_hostile_text_as_a_json_value(receiver: Any) -> None:
    for text in HOSTILE:
        EndpointChannel(HttpAlerts(connection="c"), _Only(receiver.port)).deliver(alert(text))
        _, body = receiver.posts[-1]
        assert text in body["title"]
        assert body["facts"] == {"examples": text, text: "1"}
