"""Ask a server for its host key, without logging in: a person compares it with what the warehouse gives them."""

from __future__ import annotations

import socket

import paramiko

from cartage.errors import NotSent
from cartage.warehouses.files.transport.access import SftpAccess
from cartage.warehouses.files.transport.keys import described, written


def shown_key(access: SftpAccess) -> tuple[str, str]:
    """Return the key that the server shows, as the extra host_key has it, and its type and fingerprint.

    A proxy command of the machine's `~/.ssh/config` is not used: where one is needed, the warehouse must give the key.

    Raises:
        NotSent: if the server cannot be reached, or speaks no SSH.
    """
    try:
        with socket.create_connection((access.host, access.port), access.connect_timeout) as connected:
            transport = paramiko.Transport(connected)
            transport.banner_timeout = access.banner_timeout
            try:
                transport.start_client(timeout=access.banner_timeout)
                key = transport.get_remote_server_key()
            finally:
                transport.close()
    except (OSError, paramiko.SSHException) as failure:
        what = f"{access.host}:{access.port} does not show its host key ({failure})"
        fix = "Check host and port, and whether the warehouse must allow this machine's address."
        raise NotSent(access.remote, "ask for the host key", what, fix=fix) from failure
    return written(key), described(key)
