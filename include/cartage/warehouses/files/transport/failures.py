"""What a failed file operation means: one table for SFTP and for mounted folders, by `errno`."""

from __future__ import annotations

import errno

from cartage.deadlines import DeadlineExceeded
from cartage.errors import (
    MalformedResponse,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PermissionDenied,
    RemoteError,
    RemoteUnavailable,
)
from cartage.errors.problems import shortened
from cartage.errors.table import rule_for_exception

# Characters of a server's own text.
_LONGEST_TEXT = 200
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_RIGHT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR})


def refusal_of(remote: str, operation: str, path: str, failure: OSError) -> RemoteError:
    """Return the error of an operation that the remote refused: it had no effect."""
    doing = f"{operation} {path}"
    if failure.errno in _NOT_THERE:
        return NotFound(
            remote,
            doing,
            f"{path} is not there",
            fix="Compare the folders with those in the lane's settings.",
        )
    if failure.errno in _NO_RIGHT:
        return PermissionDenied(
            remote,
            doing,
            f"the account has no right to {operation} there",
            fix=f"Ask the warehouse for the right to {operation} {path}.",
        )
    if failure.errno in _FULL:
        return RemoteUnavailable(remote, doing, "the disk is full", fix="Ask the warehouse to make room.")
    said = shortened(failure.strerror or str(failure) or "no reason", _LONGEST_TEXT)
    return RemoteUnavailable(
        remote,
        doing,
        f"it was refused ({said})",
        fix="Ask the warehouse whether the disk is full, and whether the folder takes files of such a name.",
    )


def connection_lost(remote: str, operation: str, path: str, what: str) -> RemoteError:
    """Return the error of an operation that is safe to repeat, and whose connection was lost."""
    return RemoteUnavailable(remote, f"{operation} {path}", what)


def outcome_unknown(remote: str, operation: str, path: str, what: str) -> RemoteError:
    """Return the error of a step that may have been carried out."""
    return OutcomeUnknown(
        remote, f"{operation} {path}", f"{what}: the folders show whether it was carried out"
    )


def too_late(remote: str, operation: str, path: str, failure: DeadlineExceeded) -> NotSent:
    """Return the error of a step that was not taken because the caller's deadline had passed."""
    rule = rule_for_exception(failure, safe=False)
    return NotSent(remote, f"{operation} {path}", rule.what, fix=rule.fix)


def too_large(remote: str, path: str, most: int) -> RemoteError:
    """Return the error of a file that is larger than may be read."""
    fix = "If such files are right, raise largest_file in the lane's settings."
    return MalformedResponse(remote, f"read {path}", f"it has more than {most:,} bytes", fix=fix)


def arrived_in_part(remote: str, path: str, expected: int, found: int | None) -> RemoteError:
    """Return the error of a file that did not arrive whole."""
    there = "nothing" if found is None else f"{found:,} bytes"
    return RemoteUnavailable(
        remote,
        f"write {path}",
        f"{expected:,} bytes were written and {there} arrived",
        fix="If this repeats: ask the warehouse whether the disk is full, and whether something takes files with such "
        "names away at once (then set publish: direct).",
    )


def lost(failure: BaseException) -> str:
    """Return how a connection was lost."""
    return "no response within the timeout" if isinstance(failure, TimeoutError) else "the connection was cut"
