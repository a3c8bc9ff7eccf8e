"""How files reach a warehouse and come from it: over SFTP, or through a mounted folder.

`Outbox` publishes orders in one step, `Inbox` takes files in; both use a `Transport`. paramiko is imported by the
first connection only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.warehouses.files.transport.interface import RemoteFile, Transport
from cartage.warehouses.files.transport.settings import Publish, TransferSettings

if TYPE_CHECKING:
    from cartage.connections import Connection

__all__ = ["Publish", "RemoteFile", "TransferSettings", "Transport", "open_transport"]


def open_transport(settings: TransferSettings, connection: Connection | None) -> Transport:
    """Return the transport of a lane: the mounted folder if its settings name one, otherwise SFTP. Makes no call.

    Raises:
        SettingsError: if the connection is missing, or cannot be used; lists every mistake.
    """
    if settings.folder:
        from cartage.warehouses.files.transport.folder import FolderTransport

        return FolderTransport(settings.folder)
    from cartage.errors import SettingsError
    from cartage.warehouses.files.transport.access import SftpAccess
    from cartage.warehouses.files.transport.opening import SftpOpener
    from cartage.warehouses.files.transport.sftp import SftpTransport

    if connection is None:
        raise SettingsError(
            "the warehouse's files",
            ["  no connection: name one of the type SFTP, or a mounted folder in the setting folder."],
        )
    access = SftpAccess.from_connection(connection)
    return SftpTransport(
        access.remote,
        SftpOpener(access),
        response_timeout=access.response_timeout,
        longest_login=access.longest_login,
    )
