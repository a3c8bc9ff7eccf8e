"""The circuit of a remote, shared by all processes: open while it is down, and tried by one of them at a time.

One failure is no outage: the first is only noted. From the second in a row on nobody calls for a while, which doubles
with each failed probe; then one caller probes, and the first success closes it for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

# Failures in a row that open it, and for how long at first and at most.
_OPENS_AT = 2
_FIRST = "15 seconds"
_LONGEST = "2 minutes"
# Failures further apart than this are not in a row.
_IN_A_ROW = "10 minutes"
# How long a probe may take before another caller takes it over.
_PROBE = "1 minute"

_LOOK = text(
    """
    SELECT opened_at, failures, what, probe_at, probe_at <= clock_timestamp() AS due FROM circuit
    WHERE remote = :remote AND failures >= CAST(:opens_at AS int)
    """
)

_CLAIM_PROBE = text(
    """
    UPDATE circuit SET probe_at = clock_timestamp() + CAST(:probe AS interval)
    WHERE remote = :remote AND probe_at <= clock_timestamp()
    """
)

_FORGET = text(
    """
    DELETE FROM circuit WHERE remote = :remote AND failures < CAST(:opens_at AS int)
        AND probe_at < clock_timestamp() - CAST(:in_a_row AS interval)
    """
)

_FAILED = text(
    """
    INSERT INTO circuit AS c (remote, what, probe_at) VALUES (:remote, :what, clock_timestamp())
    ON CONFLICT (remote) DO UPDATE SET what = excluded.what, failures = c.failures + 1, probe_at = clock_timestamp()
        + least(CAST(:longest AS interval), CAST(:first AS interval) * power(2, least(c.failures - 1, 10)))
    RETURNING failures
    """
)

_WORKED = text("DELETE FROM circuit WHERE remote = :remote RETURNING clock_timestamp() - opened_at AS lasted")

_TELL = text(
    "UPDATE circuit SET alerted_at = clock_timestamp() WHERE remote = :remote AND alerted_at IS NULL RETURNING remote"
)


@dataclass(frozen=True, slots=True)
class Open:
    """A circuit that is open: since when, why, and when it is tried again. `probe`: the caller is to try it now."""

    since: datetime
    what: str
    probe_at: datetime
    probe: bool


def look(connection: Connection, remote: str) -> Open | None:
    """Whether the remote is known to be down; of all who ask when a probe is due, one is told to make it."""
    row = connection.execute(_LOOK, {"remote": remote, "opens_at": _OPENS_AT}).one_or_none()
    if row is None:
        return None
    ours = row.due and connection.execute(_CLAIM_PROBE, {"remote": remote, "probe": _PROBE}).rowcount == 1
    return Open(row.opened_at, row.what, row.probe_at, ours)


def failed(connection: Connection, remote: str, what: str) -> bool:
    """Note a failure; whether the circuit is open now."""
    connection.execute(_FORGET, {"remote": remote, "opens_at": _OPENS_AT, "in_a_row": _IN_A_ROW})
    values = {"remote": remote, "what": what[:500], "first": _FIRST, "longest": _LONGEST}
    return int(connection.execute(_FAILED, values).scalar_one()) >= _OPENS_AT


def worked(connection: Connection, remote: str) -> bool:
    """Close the circuit; whether it was there."""
    return connection.execute(_WORKED, {"remote": remote}).rowcount == 1


def first_to_alert(connection: Connection, remote: str) -> bool:
    """Whether nobody was told of this outage yet; from now on somebody was. True where no outage is known."""
    known = connection.execute(text("SELECT FROM circuit WHERE remote = :remote"), {"remote": remote})
    if known.one_or_none() is None:
        return True
    return connection.execute(_TELL, {"remote": remote}).one_or_none() is not None


def forget_alerted(connection: Connection, remote: str) -> None:
    """Take that back: the message did not go out."""
    connection.execute(
        text("UPDATE circuit SET alerted_at = NULL WHERE remote = :remote"), {"remote": remote}
    )
