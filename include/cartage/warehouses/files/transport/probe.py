"""What can be seen of an account's folders, and what its server does that no documentation says.

Looking needs reads only. Trying writes files with temporary names, which no warehouse may take, and removes them again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from cartage.errors import AuthFailed, NotFound, PermissionDenied, RemoteError
from cartage.plurals import counted
from cartage.warehouses.checks import Inspected
from cartage.warehouses.files.transport.interface import RemoteFile, Transport, joined
from cartage.warehouses.files.transport.settings import Archiving, Publish, TransferSettings

_RIGHT = "Ask the warehouse for it, or correct the folder in the lane's settings."
_TIMELESS = Inspected(
    "times of files",
    True,
    "the server gives none",
    "A file is read by the first run that finds it unchanged for the time of settle. If several stock files may wait "
    "at once, ask the warehouse for names with a date, such as stock_20260131_0700.csv: else they are read by name.",
    warns=True,
)


def look_at_folders(
    transport: Transport, settings: TransferSettings, further: Sequence[str] = ()
) -> Iterator[Inspected]:
    """Yield what is in each folder of the settings, and in further ones, with reads only.

    Raises:
        RemoteError: if the account cannot be reached.
    """
    archives = [settings.archive_to] if settings.after_reading is Archiving.ARCHIVE else []
    folders = [settings.orders_to, settings.staging_folder, *settings.read_from, *archives, *further]
    for folder in dict.fromkeys(folder for folder in folders if folder):
        try:
            yield Inspected(f"folder {folder}", True, transport.scan(folder, _summary))
        except NotFound:
            yield Inspected(f"folder {folder}", False, "it is not there", _RIGHT)
        except PermissionDenied:
            yield Inspected(f"folder {folder}", False, "the account may not list it", _RIGHT)


def try_staging(
    transport: Transport,
    settings: TransferSettings,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Inspected]:
    """Yield what happens to files with temporary names in the staging folder. Nothing is tried with `publish: direct`.

    Raises:
        RemoteError: if the account cannot be reached.
    """
    if settings.publish is Publish.DIRECT:
        return
    token = uuid.uuid4().hex[:12]
    folder = settings.staging_folder
    first, second = (joined(folder, f".cartage-probe-{token}-{number}.tmp") for number in (1, 2))
    try:
        transport.write(first, b"probe\n")
        written_at = now()
        transport.write(second, b"probe, too\n")
        written = transport.look(first)
        yield Inspected(f"staging in {folder}", True, "files can be written there")
        if written is not None:
            yield (
                _clock(written.modified_at - written_at, settings.settle)
                if written.modified_at
                else _TIMELESS
            )
        yield _overwriting(transport, first, second)
    except AuthFailed:
        raise
    except (NotFound, PermissionDenied) as failure:
        yield Inspected(f"staging in {folder}", False, failure.what, failure.fix or _RIGHT)
    finally:
        for path in (first, second):
            with suppress(RemoteError):
                transport.remove(path)


def _overwriting(transport: Transport, first: str, second: str) -> Inspected:
    """Try whether a plain rename overwrites; the protocol says that it must not (UNVERIFIED: some servers do)."""
    try:
        transport.rename_plainly(first, second)
    except PermissionDenied as failure:
        return Inspected("rename", False, failure.what, failure.fix)
    except RemoteError:
        return Inspected("rename", True, "a name that is taken is refused")
    return Inspected(
        "rename",
        True,
        "the server overwrites a file when another one is renamed to its name",
        "Nothing to do: Cartage looks whether a name is free before each rename.",
        warns=True,
    )


def _clock(ahead: timedelta, settle: timedelta) -> Inspected:
    seconds = round(ahead.total_seconds())
    text = (
        f"{abs(seconds)} s {'ahead' if seconds > 0 else 'behind'}"
        if abs(seconds) > 1
        else "the same as this machine's"
    )
    # Times of files are cut to whole seconds.
    if seconds >= -max(2.0, settle.total_seconds() / 2):
        return Inspected("clock of the server", True, text)
    return Inspected(
        "clock of the server",
        True,
        text,
        "A file looks older than it is, and may be read while it is written: raise settle by as much.",
        warns=True,
    )


def _summary(files: Iterator[RemoteFile]) -> str:
    count, newest = 0, None
    for file in files:
        count += 1
        if file.modified_at and (newest is None or file.modified_at > newest):
            newest = file.modified_at
    latest = f", the latest of {newest:%Y-%m-%d %H:%M} UTC" if newest else ""
    return f"{counted(count, 'file')}{latest}"
