"""Send alerts and reports as e-mail through an SMTP server, with a connection of Airflow's smtp provider.

The extras have that provider's meaning: `disable_ssl` (off: TLS from the first byte), `disable_tls` (off: STARTTLS,
unless the connection is encrypted already), `ssl_context` ("none": do not verify), `timeout` in seconds.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr
from typing import TYPE_CHECKING, Any

from cartage.connections import Connection, Resolver, require
from cartage.errors import SettingsError
from cartage.monitoring.channels.failures import ChannelFailed
from cartage.monitoring.channels.render import alert_text, subject

if TYPE_CHECKING:
    from cartage.lanes.settings.alerts import EmailAlerts
    from cartage.monitoring.channels.alert import Alert

_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """An SMTP server and how to reach it; `timeout` is in seconds. `repr` shows no credentials."""

    host: str
    port: int
    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    tls: bool = True
    starttls: bool = False
    verify: bool = True
    timeout: float = _TIMEOUT

    @classmethod
    def from_connection(cls, connection: Connection) -> SmtpServer:
        """Read an Airflow connection.

        Raises:
            SettingsError: if it has no host, or its timeout is not a number from 1 to 600.
        """
        if not connection.host.strip():
            raise SettingsError(f"connection {connection.id!r} (SMTP)", ["  Host: missing."])
        tls = not _flag(connection.extra, "disable_ssl")
        starttls = not tls and not _flag(connection.extra, "disable_tls")
        return cls(
            host=connection.host.strip(),
            port=connection.port or (465 if tls else 587 if starttls else 25),
            login=connection.login,
            password=connection.password,
            tls=tls,
            starttls=starttls,
            verify=connection.extra.get("ssl_context") != "none",
            timeout=_timeout(connection),
        )

    def context(self) -> ssl.SSLContext:
        """Return TLS settings that verify the certificate, unless the connection turns that off."""
        context = ssl.create_default_context()
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def open(self) -> smtplib.SMTP:
        """Connect, encrypt and log in.

        Raises:
            OSError: if any of these fails; smtplib's errors are `OSError`s.
        """
        if self.tls:
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout, context=self.context()
            )
        else:
            client = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            if self.starttls:
                client.starttls(context=self.context())
            if self.login:
                client.login(self.login, self.password)
        except BaseException:
            client.close()
            raise
        return client


class SmtpChannel:
    """Sends alerts as plain text e-mail."""

    def __init__(self, settings: EmailAlerts, resolver: Resolver) -> None:
        self._settings = settings
        self._resolver = resolver

    @property
    def name(self) -> str:
        """Return the channel's name for logs."""
        return mail_name(self._settings)

    def deliver(self, alert: Alert) -> None:
        """Send one e-mail to all recipients.

        Raises:
            SettingsError: if the connection is missing or incomplete.
            ChannelFailed: if the server did not accept it for every recipient.
        """
        message = EmailMessage(policy=SMTP)
        message.set_content(alert_text(alert))
        send_mail(self._settings, self._resolver, subject(alert), message)


def mail_name(settings: EmailAlerts) -> str:
    """Return the name of this way of sending mail for logs."""
    return f"e-mail (connection {settings.connection!r})"


def send_mail(settings: EmailAlerts, resolver: Resolver, subject: str, message: EmailMessage) -> None:
    """Send a message with this subject, which must be one line, to all recipients of the settings.

    Raises:
        SettingsError: if the connection is missing or incomplete.
        ChannelFailed: if the server did not accept it for every recipient.
    """
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.to)
    message["Subject"] = subject
    message["Date"] = formatdate()
    # Use the sender's domain: the default would look up this machine's name.
    message["Message-ID"] = make_msgid(domain=parseaddr(settings.sender)[1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    name = mail_name(settings)
    server = SmtpServer.from_connection(require(resolver, settings.connection))
    try:
        with server.open() as client:
            refused = client.send_message(message)
    except (OSError, ValueError) as error:
        raise ChannelFailed(name, _reason(error, server), _FIX) from error
    if refused:
        raise ChannelFailed(name, f"refused for {', '.join(refused)}", "Check these addresses.")


_FIX = "Check the connection in Airflow (Admin > Connections): host, port, login, disable_ssl, disable_tls."


def _reason(error: Exception, server: SmtpServer) -> str:
    return f"{server.host}:{server.port} {_failure_text(error, server)}"


def _failure_text(error: Exception, server: SmtpServer) -> str:
    what = f"could not be used ({type(error).__name__})"
    match error:
        case smtplib.SMTPAuthenticationError():
            what = f"did not accept the login ({error.smtp_code})"
        case smtplib.SMTPRecipientsRefused():
            what = "refused every recipient"
        case smtplib.SMTPResponseException():
            what = f"responded with {error.smtp_code}"
        case ssl.SSLError():
            what = f"failed at TLS ({error.reason})"
        case TimeoutError():
            what = f"could not be reached within {server.timeout:g} s"
        case smtplib.SMTPServerDisconnected():
            # smtplib distinguishes a closed connection from a silent one only in its English text.
            what = f"closed the connection, or did not respond within {server.timeout:g} s"
    return what


def _flag(extra: Mapping[str, Any], name: str) -> bool:
    """Return an extra as a boolean; in a connection URI it is text."""
    return str(extra.get(name, "")).strip().casefold() in {"1", "true", "yes", "on"}


def _timeout(connection: Connection) -> float:
    try:
        seconds = float(connection.extra.get("timeout") or _TIMEOUT)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds <= 600:
        raise SettingsError(
            f"connection {connection.id!r} (SMTP)", ["  timeout: write seconds from 1 to 600."]
        )
    return seconds
