"""What a store sent is text in every channel's message: no markup, no mention, no second header."""

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
        f"1 order(s) blocked: SKU {text} is unknown\r\nBcc: evil@example.com",
        f"These orders wait: {text}",
        f"Map {text}.",
        facts={"examples": text, text: "1"},
    )


def test_an_e_mail_is_plain_text_with_the_headers_that_we_gave_it(mail_server: Callable[..., Any]) -> None:
    server = mail_server()
    settings = EmailAlerts(connection="c", sender="c@example.com", to=("ops@example.com",))
    for text in HOSTILE:
        SmtpChannel(settings, _Only(server.port)).deliver(alert(text))
        mail = server.box.mails[-1]
        assert (mail.get_content_type(), mail.is_multipart()) == ("text/plain", False)
        assert mail["Bcc"] is None
        assert text in mail.get_content()
    assert set(server.box.receivers) == {"ops@example.com"}


def test_a_chat_gets_it_without_mentions_and_links(receiver: Any) -> None:
    for text in HOSTILE:
        WebhookChannel(WebhookAlerts(connection="c"), _Only(receiver.port)).deliver(alert(text))
        _, body = receiver.posts[-1]
        said = [body["text"]]
        for block in body["blocks"]:
            said += [one["text"] for one in (block.get("text"), *block.get("fields", ())) if one]
        # Slack takes these two signs for a mention, a link or a date.
        assert [part for part in said if "<" in part or ">" in part] == []
        assert text in unescape(body["text"])


def test_an_endpoint_gets_it_as_a_value_of_json(receiver: Any) -> None:
    for text in HOSTILE:
        EndpointChannel(HttpAlerts(connection="c"), _Only(receiver.port)).deliver(alert(text))
        _, body = receiver.posts[-1]
        assert text in body["title"]
        assert body["facts"] == {"examples": text, text: "1"}
