"""paramiko's SFTP client, with two differences: it reads foreign texts leniently, and tells a refusal from a loss.

paramiko decodes file names and messages as strict UTF-8, so that one Latin-1 name hides a whole folder. It also raises
a bare `OSError` both for what the server refuses and for a connection that is closed.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

import paramiko
from paramiko.sftp import CMD_CLOSE, CMD_NAME, CMD_OPENDIR, CMD_READDIR, SFTPError

# Codes of SSH_FXP_STATUS: draft-ietf-secsh-filexfer-02, section 7; those from 11 on are of later drafts.
_EOF = 1
_ERRNO = {
    2: errno.ENOENT,
    3: errno.EACCES,
    8: errno.EOPNOTSUPP,
    10: errno.ENOENT,
    11: errno.EEXIST,
    12: errno.EROFS,
    14: errno.ENOSPC,
    15: errno.EDQUOT,
}
# What an SFTP call raises if the connection is gone, or the server speaks something else: not a `StatusRefusal`,
# which is caught before.
DROPPED: tuple[type[Exception], ...] = (paramiko.SSHException, SFTPError, EOFError, OSError)


class StatusRefusal(OSError):
    """The server responded that it refuses. `errno` is None for a plain failure, which names no reason."""


class SftpSession(paramiko.SFTPClient):  # type: ignore[misc] # paramiko has no types
    """An SFTP session over a channel, or over any socket. Not for several threads at once."""

    def entries(self, folder: str) -> Iterator[tuple[bytes, paramiko.SFTPAttributes]]:
        """Yield what a folder has, with names as the server sends them, as its responses arrive."""
        kind, message = self._request(CMD_OPENDIR, self._adjust_cwd(folder))
        handle = message.get_string()
        try:
            while True:
                try:
                    kind, message = self._request(CMD_READDIR, handle)
                except EOFError:
                    return
                if kind != CMD_NAME:
                    raise SFTPError("Expected name response")
                for _ in range(message.get_int()):
                    name = message.get_string()
                    message.get_string()  # The line of `ls -l`, which has no agreed form.
                    yield name, paramiko.SFTPAttributes._from_msg(message)  # noqa: SLF001 - it has no other reader
        finally:
            self._async_request(type(None), CMD_CLOSE, handle)

    def _convert_status(self, msg: paramiko.Message) -> None:
        code = msg.get_int()
        if code == 0:
            return
        text = msg.get_string().decode("utf-8", "replace")
        if code == _EOF:
            raise EOFError(text)
        raise StatusRefusal(_ERRNO.get(code), text or f"status {code}")
