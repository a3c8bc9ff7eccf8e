"""The SSH server in a thread of its own: logins, host key, and the warehouse's regular work."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

import asyncssh

from cartage_sandbox.files.sftp.session import WarehouseSession, cut

if TYPE_CHECKING:
    from cartage_sandbox.files.premises import Premises

_START_SECONDS = 10.0
# How often the rules are looked at for work that is due.
_TICK = 0.1


class SftpServer:
    """The warehouse's SFTP server. A context manager; `port` and `host_key` are valid after `start`."""

    def __init__(self, premises: Premises, host: str = "127.0.0.1", port: int = 0) -> None:
        """Port 0 means any free port."""
        self._premises = premises
        self.host, self.port = host, port
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()

    @property
    def host_key(self) -> str:
        """The server's public key, as a known_hosts file has it after the name."""
        return " ".join(self._key.export_public_key().decode().split()[:2])

    def start(self) -> Self:
        """Listen. Raises OSError if the port is taken."""
        self._thread = threading.Thread(target=self._run, name="sandbox sftp", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise RuntimeError("the sandbox's SFTP server did not start")
        if self._failure is not None:
            raise self._failure
        return self

    def stop(self) -> None:
        """Close every connection and stop. Do nothing if not running.

        Raises:
            RuntimeError: if it does not stop, or had failed before: its clients lost their connections then.
        """
        if self._loop is None or self._thread is None:
            return
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_START_SECONDS)
        if self._thread.is_alive():
            raise RuntimeError("the sandbox's SFTP server did not stop")
        self._loop = self._thread = None
        if self._failure is not None:
            raise RuntimeError("the sandbox's SFTP server had failed") from self._failure

    @property
    def fingerprint(self) -> str:
        """Return what people compare of the host key, such as SHA256:Fs...QUY."""
        return self._key.get_fingerprint()

    def change_host_key(self) -> str:
        """Show another host key from the next connection on, and return it."""
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        acceptor, loop = self._acceptor, self._loop
        if acceptor is not None and loop is not None:
            changed = threading.Event()

            def change() -> None:
                acceptor.update(server_host_keys=[self._key])
                changed.set()

            loop.call_soon_threadsafe(change)
            if not changed.wait(_START_SECONDS):
                raise RuntimeError("the sandbox's SFTP server does not respond")
        return self.host_key

    def drop_connections(self) -> int:
        """Cut every connection that is open, and return how many there were."""
        loop, open_now = self._loop, list(self._connections)
        if loop is not None:
            for connection in open_now:
                loop.call_soon_threadsafe(partial(cut, connection, abrupt=True))
        return len(open_now)

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:  # noqa: BLE001 - handed to the thread that waits in `start`
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._acceptor = await asyncssh.create_server(
            lambda: _Door(self._premises, self._connections),
            self.host,
            self.port,
            server_host_keys=[self._key],
            sftp_factory=lambda channel: WarehouseSession(channel, self._premises),
            encoding=None,
            reuse_address=True,
        )
        self.port = self._acceptor.get_port()
        self._ready.set()
        async with self._acceptor:
            while not self._stopping.is_set():
                try:
                    await asyncio.wait_for(self._stopping.wait(), _TICK)
                except TimeoutError:
                    await asyncio.to_thread(self._premises.work_if_due)
        for connection in list(self._connections):
            connection.abort()


class _Door(asyncssh.SSHServer):
    """Lets customers in, by password or key."""

    def __init__(self, premises: Premises, connections: set[asyncssh.SSHServerConnection]) -> None:
        self._premises, self._connections = premises, connections
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._connections.discard(self._connection)

    async def begin_auth(self, username: str) -> bool:
        for fault in self._premises.faults.strike("CONNECT", f"/{username}"):
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds or 0)
            elif self._connection is not None:
                cut(self._connection, abrupt=fault.kind != "close")
        return True

    def password_auth_supported(self) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return self._premises.accepts_password(username, password)

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return self._premises.accepts_key(username, key.export_public_key().decode())
