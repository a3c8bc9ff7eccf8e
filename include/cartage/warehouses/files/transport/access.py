"""What an SFTP account needs, read from Airflow's own connection of the type SFTP. Makes no call.

The extras are those of Airflow's SSH hook (`apache-airflow-providers-ssh`, hooks/ssh.py), and further ones for what the
hook takes as arguments. Three differ on purpose, see docs/decisions/0090: a proxy command comes only from the worker's
`~/.ssh/config`, other keys of the worker are tried only where the connection has no credentials, and `host_key` alone
counts where it is given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cartage.connections import ConnectionField, named
from cartage.errors import SettingsError
from cartage.redaction import short_secret

if TYPE_CHECKING:
    from cartage.connections import Connection

PORT = 22

FIELDS: tuple[ConnectionField, ...] = (
    ConnectionField("host", "Host", "The server's name, as in sftp.example.com or sftp.example.com:2222."),
    ConnectionField("login", "Username", "The user name that the warehouse gave you."),
    ConnectionField(
        "password", "Password", "Empty if the account has a key only.", secret=True, required=False
    ),
    ConnectionField(
        "extra.private_key",
        "Private key",
        "The key itself (PEM or OpenSSH), with its first and last line.",
        secret=True,
        required=False,
    ),
    ConnectionField("extra.private_key_passphrase", "Passphrase of the key", "", secret=True, required=False),
    ConnectionField(
        "extra.key_file",
        "Key file",
        "Instead of the key itself: its path, on every worker.",
        required=False,
    ),
    ConnectionField(
        "extra.host_key",
        "Host key",
        "The server's public key, such as 'ssh-ed25519 AAAA...'. Ask the warehouse for it.",
        required=False,
    ),
    ConnectionField(
        "extra.known_hosts",
        "Known hosts",
        "Instead of the host key: path of a known_hosts file, on every worker. Empty: ~/.ssh/known_hosts.",
        required=False,
    ),
)
# Extras that say yes or no, with what holds without them.
_SWITCHES = {
    "no_host_key_check": False,
    "allow_host_key_change": False,
    "compress": True,
}
# Defaults in seconds; Airflow's hook has the first two, and no end for the others.
_SECONDS = {"connect_timeout": 10.0, "banner_timeout": 30.0, "auth_timeout": 30.0, "response_timeout": 30.0}
_HOST_AND_PORT = re.compile(r"(?:sftp://)?(?P<host>[^:/\s]+|\[[0-9a-fA-F:.%]+\])(?::(?P<port>\d+))?/?")
_IPV6 = re.compile(r"[0-9a-fA-F:.%]*:[0-9a-fA-F:.%]*:[0-9a-fA-F:.%]*")


@dataclass(frozen=True, slots=True)
class SftpAccess:
    """Where an SFTP server is, how to log in, and by which key it is known. `repr` shows no secret.

    Times are in seconds: `connect_timeout` for the connection, `banner_timeout` and `auth_timeout` for the login,
    `response_timeout` for each response after it. `look_for_keys` tries the worker's own keys and its agent.
    """

    connection_id: str
    host: str
    port: int = PORT
    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)
    key_file: str = ""
    look_for_keys: bool = False
    host_key: str = ""
    known_hosts: str = ""
    check_host_key: bool = True
    compress: bool = True
    ciphers: tuple[str, ...] = ()
    disabled_algorithms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    connect_timeout: float = _SECONDS["connect_timeout"]
    banner_timeout: float = _SECONDS["banner_timeout"]
    auth_timeout: float = _SECONDS["auth_timeout"]
    response_timeout: float = _SECONDS["response_timeout"]

    @property
    def remote(self) -> str:
        """The server's name in messages."""
        return f"SFTP {self.host}" + (f":{self.port}" if self.port != PORT else "")

    @property
    def longest_login(self) -> float:
        """The longest time that connecting and logging in can take, in seconds."""
        return self.connect_timeout + self.banner_timeout + self.auth_timeout + self.response_timeout

    @classmethod
    def from_connection(cls, connection: Connection) -> SftpAccess:
        """Read a connection.

        Raises:
            SettingsError: lists every missing or wrong field and extra.
        """
        extra = _Extras(connection.extra)
        host, port, host_mistakes = _address(connection)
        texts = {
            name: extra.text(name)
            for name in ("private_key", "private_key_passphrase", "key_file", "host_key", "known_hosts")
        }
        checks = extra.switch("no_host_key_check", former="ignore_hostkey_verification")
        changes = extra.switch("allow_host_key_change")
        has_credentials = bool(connection.password or texts["private_key"] or texts["key_file"])
        access = cls(
            connection_id=connection.id,
            host=host,
            port=port,
            login=connection.login.strip(),
            password=connection.password.strip(),
            private_key=texts["private_key"],
            passphrase=texts["private_key_passphrase"],
            key_file=texts["key_file"],
            look_for_keys=extra.switch("look_for_keys", default=not has_credentials),
            host_key=texts["host_key"],
            known_hosts=texts["known_hosts"],
            check_host_key=not (checks or changes),
            compress=extra.switch("compress"),
            ciphers=extra.names("ciphers"),
            disabled_algorithms=extra.lists("disabled_algorithms"),
            connect_timeout=extra.seconds("conn_timeout", _SECONDS["connect_timeout"], former="timeout"),
            banner_timeout=extra.seconds("banner_timeout", _SECONDS["banner_timeout"]),
            auth_timeout=extra.seconds("auth_timeout", _SECONDS["auth_timeout"]),
            response_timeout=extra.seconds("cmd_timeout", _SECONDS["response_timeout"]),
        )
        if mistakes := [*host_mistakes, *access._mistakes(), *extra.mistakes]:
            raise SettingsError(f"{named(connection.id)} (SFTP)", [f"  {line}" for line in mistakes])
        return access

    def _mistakes(self) -> list[str]:
        found = [] if self.login else ["Username: missing."]
        if self.private_key and self.key_file:
            found.append("Private key, Key file: both are given; keep one of them.")
        if self.private_key and len(self.private_key.splitlines()) < 2:
            found.append("Private key: its first and last line (BEGIN, END) must be lines of their own.")
        if self.host_key and not self.check_host_key:
            found.append(
                "Host key: it is given, and no_host_key_check or allow_host_key_change says not to check it; "
                "remove that extra."
            )
        found += filter(None, [short_secret("Password", self.password)])
        return found


class _Extras:
    """The extras of a connection, as JSON or as text; collects what is wrong with them."""

    def __init__(self, extra: Mapping[str, Any]) -> None:
        self._extra = extra
        self.mistakes: list[str] = []

    def text(self, name: str) -> str:
        value = self._extra.get(name)
        return "" if value is None else str(value).strip()

    def switch(self, name: str, *, default: bool | None = None, former: str = "") -> bool:
        text = (self.text(name) or self.text(former)).casefold()
        if text not in {"", "true", "false"}:
            self.mistakes.append(f"{name}: write true or false.")
        if text in {"true", "false"}:
            return text == "true"
        return _SWITCHES.get(name, False) if default is None else default

    def seconds(self, name: str, default: float, *, former: str = "") -> float:
        text = self.text(name) or self.text(former)
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if not 0 < value <= 3600:
            self.mistakes.append(f"{name}: write a number of seconds, from 1 to 3600.")
            return default
        return value

    def names(self, name: str) -> tuple[str, ...]:
        return self._names(name, self._extra.get(name))

    def lists(self, name: str) -> dict[str, tuple[str, ...]]:
        value = self._extra.get(name)
        if value in (None, ""):
            return {}
        if not isinstance(value, Mapping):
            self.mistakes.append(f'{name}: write an object, as in {{"pubkeys": ["rsa-sha2-256"]}}.')
            return {}
        return {str(kind): self._names(f"{name}.{kind}", names) for kind, names in value.items()}

    def _names(self, name: str, value: object) -> tuple[str, ...]:
        if value in (None, ""):
            return ()
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.mistakes.append(f"{name}: write a list of names.")
        return ()


def _address(connection: Connection) -> tuple[str, int, list[str]]:
    """Return host and port; the host's field may have both."""
    text = connection.host.strip()
    if not text:
        return "", PORT, ["Host: missing."]
    if _IPV6.fullmatch(text):
        return text, connection.port or PORT, []
    found = _HOST_AND_PORT.fullmatch(text)
    port = int(found["port"]) if found and found["port"] else connection.port or PORT
    if not found or not 0 < port < 65536:
        return "", PORT, [f"Host: {text!r} is no address; write for example sftp.example.com."]
    return found["host"].strip("[]"), port, []
