"""Places that a transport can stand before: asyncssh's server, OpenSSH's own, and a mounted folder."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cartage.connections import Connection
from cartage.warehouses.files.transport import TransferSettings, Transport, open_transport
from cartage.warehouses.files.transport.folder import FolderTransport
from cartage.warehouses.files.transport.opening import SftpLink
from cartage.warehouses.files.transport.session import SftpSession
from cartage.warehouses.files.transport.sftp import SftpTransport
from cartage_sandbox.files import DEFAULT_ACCOUNT, FileWarehouse

OPENSSH = Path("/usr/lib/openssh/sftp-server")
KINDS = ("asyncssh", "openssh", "folder")
FOLDERS = ("in", "out", "archive")


@dataclass
class Stand:
    """A place with the folders in, out and archive below `root`; `open` returns another transport to it."""

    kind: str
    root: Path
    open: Callable[[], Transport]
    transport: Transport = field(init=False)

    def __post_init__(self) -> None:
        self.transport = self.open()

    def names(self, folder: str) -> list[str]:
        """The names in a folder, whatever they are, without folders."""
        return sorted(path.name for path in (self.root / folder).iterdir() if path.is_file())


class Pair:
    """A socket with what paramiko asks of a channel."""

    closed = False

    def __init__(self, held: socket.socket) -> None:
        self._held = held

    def get_name(self) -> str:
        return "pair"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._held, name)


class OpenSsh:
    """Sessions with OpenSSH's sftp-server in a folder, each a process over a pair of sockets."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.processes: list[subprocess.Popen[bytes]] = []

    def __call__(self) -> SftpLink:
        ours, theirs = socket.socketpair()
        ours.settimeout(20)
        process = subprocess.Popen(
            [OPENSSH, "-d", str(self.root)], stdin=theirs.fileno(), stdout=theirs.fileno()
        )
        theirs.close()
        self.processes.append(process)
        session = SftpSession(Pair(ours))

        def close() -> None:
            ours.close()
            process.wait(20)

        return SftpLink(session, close)

    def kill(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait(20)


def require_openssh() -> None:
    if not OPENSSH.exists():
        pytest.skip(f"OpenSSH's sftp-server is missing ({OPENSSH}): apt-get install openssh-sftp-server")


def connection_to(warehouse: FileWarehouse, **changes: Any) -> Connection:
    """The connection of the default account, with changed fields, or extras."""
    sftp = warehouse.sftp
    fields: dict[str, Any] = {
        "host": sftp.host,
        "port": sftp.port,
        "login": DEFAULT_ACCOUNT.login,
        "password": DEFAULT_ACCOUNT.password,
        "extra": {"host_key": sftp.host_key, "cmd_timeout": 10},
    }
    return Connection("wh", **{**fields, **changes})


def transfer(**changes: Any) -> TransferSettings:
    """Settings for the folders of a stand; files are read at once."""
    return TransferSettings.model_validate(
        {"orders_to": "in", "read_from": ["out"], "archive_to": "archive", "settle": "0s", **changes}
    )


def stands(kind: str, tmp_path: Path, warehouse: Callable[[], FileWarehouse]) -> Iterator[Stand]:
    """Yield a stand of this kind."""
    with ExitStack() as running:
        if kind == "asyncssh":
            served = warehouse()
            stand = Stand(
                kind,
                served.premises.home(DEFAULT_ACCOUNT.login),
                lambda: running.enter_context(open_transport(transfer(), connection_to(served))),
            )
            shutil.rmtree(stand.root / "in" / "archive")
        else:
            for folder in FOLDERS:
                (tmp_path / folder).mkdir()
            if kind == "openssh":
                require_openssh()
                opener = OpenSsh(tmp_path)
                running.callback(opener.kill)
                stand = Stand(
                    kind,
                    tmp_path,
                    lambda: running.enter_context(SftpTransport("SFTP pair", opener, response_timeout=20)),
                )
            else:
                stand = Stand(kind, tmp_path, lambda: FolderTransport(str(tmp_path)))
        yield stand
