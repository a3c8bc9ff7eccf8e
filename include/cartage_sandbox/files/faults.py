"""Which faults an SFTP request can have. They are the kernel's, so that the control API arms them alike.

A route is searched in `OPERATION /path`: CONNECT (with the login), OPEN, READ, WRITE, CLOSE, LIST, STAT, RENAME (with
the old name), REMOVE. A status stands for what the server responds: 403 permission denied, 404 no such file, 507 no
space left, any other a failure without a reason.
"""

from __future__ import annotations

import errno

from asyncssh.sftp import SFTPError, SFTPFailure, SFTPNoSuchFile, SFTPPermissionDenied

from cartage_sandbox.kernel.faults import Fault, FaultError, Faults

_KINDS = ("status", "delay", "reset", "close")


class FileFaults(Faults):
    """The armed faults of the SFTP server."""

    def add(self, fault: Fault) -> int:
        """Arm a fault and return its id. Raises FaultError for one that an SFTP request cannot have."""
        if fault.kind not in _KINDS or fault.moment == "within" or fault.query:
            raise FaultError(f"an SFTP request has only {', '.join(_KINDS)}, before or after, and no query")
        return super().add(fault)


def refusal(fault: Fault) -> SFTPError | OSError:
    """Return what the server responds for a status fault."""
    if fault.status == 403:
        return SFTPPermissionDenied("Permission denied")
    if fault.status == 404:
        return SFTPNoSuchFile("No such file")
    if fault.status == 507:
        return OSError(errno.ENOSPC, "No space left on device")
    return SFTPFailure(fault.body or "Failure")
