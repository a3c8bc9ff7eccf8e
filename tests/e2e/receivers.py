"""A real SMTP server and a real webhook receiver on free ports, which keep what they receive."""

from __future__ import annotations

import json
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from cartage_sandbox.stack.ports import LOOPBACK, free_port


class MailServer:
    """Accept any mail, without encryption."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self._controller = Controller(self, hostname=LOOPBACK, port=free_port())

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail."""
        content = envelope.original_content or b""
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        return "250 OK"

    def connection(self, connection_id: str) -> dict[str, str]:
        """Return the Airflow connection to it, as an environment variable."""
        extra = {"disable_ssl": True, "disable_tls": True}
        fields = {"conn_type": "smtp", "host": LOOPBACK, "port": self._controller.port, "extra": extra}
        return {f"AIRFLOW_CONN_{connection_id.upper()}": json.dumps(fields)}

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()


class WebhookServer:
    """Accept any POST of JSON."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                """Log nothing."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def connection(self, connection_id: str) -> dict[str, str]:
        """Return the Airflow connection to it, as an environment variable; the secret path is its password."""
        port = self._server.server_address[1]
        fields = {
            "conn_type": "http",
            "schema": "http",
            "host": LOOPBACK,
            "port": port,
            "password": "hook-of-tests",
        }
        return {f"AIRFLOW_CONN_{connection_id.upper()}": json.dumps(fields)}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
