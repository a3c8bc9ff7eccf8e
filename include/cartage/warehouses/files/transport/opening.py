"""Open an SFTP session: the connection, the host key, the login and the subsystem, each with a timeout and an error."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any, NoReturn

import paramiko
from paramiko.ssh_exception import NoValidConnectionsError

from cartage.connections import named
from cartage.errors import AuthFailed, NotSent, RemoteError, SettingsError
from cartage.warehouses.files.transport import keys
from cartage.warehouses.files.transport.access import SftpAccess
from cartage.warehouses.files.transport.session import DROPPED, SftpSession

# Seconds between two signs of life, so that a firewall does not forget an idle connection (as Airflow's hook has it).
_KEEPALIVE = 30
# paramiko raises the same exception for a refused login and for a connection that is lost during it.
_CUT = re.compile(r"saw EOF|timeout")


@dataclass(frozen=True, slots=True)
class SftpLink:
    """An open session, and how to close it with all that is under it."""

    session: SftpSession
    close: Callable[[], None]


class SftpOpener:
    """Opens sessions of one account. Keys are read at once, so that a mistake shows before the first call."""

    def __init__(self, access: SftpAccess) -> None:
        """Read the keys.

        Raises:
            SettingsError: if a key or a file of keys cannot be used on this machine.
        """
        self._access = access
        self._known = keys.known_keys(access)
        self._key = keys.login_key(access)
        self._proxy = _proxy_command(access)

    def __call__(self) -> SftpLink:
        """Open a session.

        Raises:
            SettingsError: if the server's software does not know an algorithm of the settings.
            AuthFailed: if the login or the server's host key is not accepted.
            NotSent: if there is no connection, or no SFTP behind it.
        """
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(_policy(self._access, self._known))
        proxy = _Proxy(self._proxy) if self._proxy else None
        try:
            self._connect(client, proxy)
            session = self._session(client)
        except BaseException as failure:
            client.close()
            if proxy is not None:
                proxy.close()
            if isinstance(failure, RemoteError | SettingsError):
                raise
            if isinstance(failure, DROPPED):
                _raise(self._access, failure)
            raise
        return SftpLink(session, client.close)

    def _connect(self, client: paramiko.SSHClient, proxy: paramiko.ProxyCommand | None) -> None:
        access = self._access
        client.connect(
            hostname=access.host,
            port=access.port,
            username=access.login,
            password=access.password or None,
            pkey=self._key,
            timeout=access.connect_timeout,
            banner_timeout=access.banner_timeout,
            auth_timeout=access.auth_timeout,
            channel_timeout=access.response_timeout,
            allow_agent=access.look_for_keys,
            look_for_keys=access.look_for_keys,
            compress=access.compress,
            sock=proxy,
            disabled_algorithms={kind: list(names) for kind, names in access.disabled_algorithms.items()},
            transport_factory=self._transport,
        )

    def _transport(self, sock: Any, **named_arguments: Any) -> paramiko.Transport:
        """Return a transport that prefers the known types of host keys, and has the ciphers of the settings."""
        transport = paramiko.Transport(sock, **named_arguments)
        options = transport.get_security_options()
        kinds = {name for key in self._known for name in key.identifiers() if name == key.get_name()}
        if "ssh-rsa" in kinds:
            kinds |= {"rsa-sha2-512", "rsa-sha2-256"}
        options.key_types = sorted(options.key_types, key=lambda name: name not in kinds)
        if self._access.ciphers:
            try:
                options.ciphers = self._access.ciphers
            except ValueError as failure:
                sock.close()
                raise _mistake(
                    self._access, f"ciphers: {failure}; known are {', '.join(options.ciphers)}."
                ) from failure
        return transport

    def _session(self, client: paramiko.SSHClient) -> SftpSession:
        timeout = self._access.response_timeout
        transport = client.get_transport()
        transport.set_keepalive(_KEEPALIVE)
        with _closed_after(timeout, transport):
            channel = transport.open_session(timeout=timeout)
            channel.settimeout(timeout)
            channel.invoke_subsystem("sftp")
            return SftpSession(channel)


def _policy(access: SftpAccess, known: tuple[paramiko.PKey, ...]) -> paramiko.MissingHostKeyPolicy:
    """Return the check of the host key. paramiko's own knows one key of a type, and no fingerprints."""

    class Check(paramiko.MissingHostKeyPolicy):  # type: ignore[misc] # paramiko has no types
        def missing_host_key(self, client: object, hostname: str, key: paramiko.PKey) -> None:
            if not access.check_host_key or key in known:
                return
            raise keys.other_key(access, key, known) if known else keys.unknown_key(access, key)

    return Check()


@contextmanager
def _closed_after(seconds: float, transport: paramiko.Transport) -> Iterator[None]:
    """Close the connection if the block takes longer: paramiko waits without end for the response to a subsystem."""
    timer = Timer(seconds, transport.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Proxy(paramiko.ProxyCommand):  # type: ignore[misc] # paramiko has no types
    """A proxy command whose process ends with its connection; paramiko only asks it to."""

    def close(self) -> None:
        process: subprocess.Popen[bytes] = self.process
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def _proxy_command(access: SftpAccess) -> str:
    """Return the ProxyCommand for this host of the worker's own `~/.ssh/config`; empty if there is none."""
    path = Path.home() / ".ssh" / "config"
    try:
        config = paramiko.SSHConfig.from_text(path.read_text(encoding="utf-8"))
        found = config.lookup(access.host).get("proxycommand", "")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, paramiko.ConfigParseError) as failure:
        raise _mistake(access, f"the file {path} cannot be read: {failure}.") from failure
    return "" if found == "none" else str(found)


def _raise(access: SftpAccess, failure: Exception) -> NoReturn:
    """Raise what a failed attempt to connect means. Nothing was sent."""
    where = f"{access.host}:{access.port}"
    place = f"the {named(access.connection_id)}"
    if isinstance(failure, paramiko.BadAuthenticationType):
        offered = ", ".join(failure.allowed_types)
        raise AuthFailed(
            access.remote,
            "connect",
            f"the login was not accepted; the server takes {offered or 'nothing that we have'}",
            fix=f"Give {place} what the server takes: a password, or private_key.",
        ) from failure
    if isinstance(failure, paramiko.AuthenticationException) and not _CUT.search(str(failure)):
        raise AuthFailed(
            access.remote,
            "connect",
            "the login was not accepted",
            fix=f"Check user name, and password or key, of {place}; ask the warehouse whether it has the public key, "
            "and allows this machine's address.",
        ) from failure
    what, fix = _no_connection(access, failure, where)
    raise NotSent(access.remote, "connect", what, fix=fix) from failure


def _no_connection(access: SftpAccess, failure: Exception, where: str) -> tuple[str, str]:
    if isinstance(failure, socket.gaierror):
        return "the host name is unknown", f"Check the host of the {named(access.connection_id)}."
    if isinstance(failure, NoValidConnectionsError | ConnectionRefusedError):
        return f"{where} refused the connection", "Check host and port, and that the server is up."
    if isinstance(failure, TimeoutError):
        return (
            f"no connection to {where} within {access.connect_timeout:g} s",
            "Check host and port, and whether the warehouse must allow this machine's address.",
        )
    if isinstance(failure, paramiko.IncompatiblePeer):
        return (
            f"no algorithm in common ({failure})",
            "Ask the warehouse to update its server, or remove ciphers and disabled_algorithms from the connection.",
        )
    if isinstance(failure, paramiko.AuthenticationException):
        return (
            f"{where} cut the connection, or did not respond, during the login",
            "If this repeats: some servers do so after a wrong password, or from an address that they do not know.",
        )
    return (
        f"{where} ended the connection, or offers no SFTP ({failure})",
        "Check host and port, and ask the warehouse whether the account may use SFTP.",
    )


def _mistake(access: SftpAccess, text: str) -> SettingsError:
    return SettingsError(f"{named(access.connection_id)} (SFTP)", [f"  {text}"])
