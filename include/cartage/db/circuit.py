"""The circuit of each remote, shared by all processes: open while the remote is down, and probed by one caller.

The first failure is only recorded. From the second in a row nobody calls for a while, which doubles with each failed
probe. Then one caller probes; its first success closes the circuit for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, select, text, update

from cartage.db.engine import Ledger
from cartage.db.schema import circuit

# Failures in a row that open the circuit, and for how long: at first and at most.
_OPENS_AT = 2
_FIRST = timedelta(seconds=15)
_LONGEST = timedelta(minutes=2)
# Failures further apart than this are not in a row.
_IN_A_ROW = timedelta(minutes=10)
# After this time another caller takes over an unfinished probe.
_PROBE = timedelta(minutes=1)
_MAX_TEXT = 500  # characters

_FAILED = text(
    """
    INSERT INTO circuit AS c (remote, what, probe_at) VALUES (:remote, :what, clock_timestamp())
    ON CONFLICT (remote) DO UPDATE SET what = excluded.what, failures = c.failures + 1, probe_at = clock_timestamp()
        + least(CAST(:longest AS interval), CAST(:first AS interval) * power(2, least(c.failures - 1, 10)))
    RETURNING failures
    """
)

_OPEN = select(circuit.c.remote).where(
    circuit.c.remote == bindparam("remote"), circuit.c.failures >= _OPENS_AT
)


@dataclass(frozen=True, slots=True)
class OpenCircuit:
    """An open circuit: since when, why, and when it is probed next. `probe`: the caller has to probe now."""

    since: datetime
    what: str
    probe_at: datetime
    probe: bool


def is_open(ledger: Ledger, remote: str) -> bool:
    """Return whether the circuit of a remote is open."""
    return ledger.alone(_OPEN, {"remote": remote}) is not None


def check_circuit(connection: Connection, remote: str) -> OpenCircuit | None:
    """Return the open circuit of a remote, or None. When a probe is due, one caller gets it."""
    now = func.clock_timestamp()
    found = connection.execute(
        select(circuit, (circuit.c.probe_at <= now).label("due")).where(
            circuit.c.remote == remote, circuit.c.failures >= _OPENS_AT
        )
    ).one_or_none()
    if found is None:
        return None
    claim = update(circuit).where(circuit.c.remote == remote, circuit.c.probe_at <= now)
    probe = found.due and connection.execute(claim.values(probe_at=now + _PROBE)).rowcount == 1
    return OpenCircuit(found.opened_at, found.what, found.probe_at, probe)


def record_failure(connection: Connection, remote: str, what: str) -> bool:
    """Record a failure of a remote. Return whether its circuit is open now."""
    connection.execute(
        delete(circuit).where(
            circuit.c.remote == remote,
            circuit.c.failures < _OPENS_AT,
            circuit.c.probe_at < func.clock_timestamp() - _IN_A_ROW,
        )
    )
    values = {"remote": remote, "what": what[:_MAX_TEXT], "first": _FIRST, "longest": _LONGEST}
    return int(connection.execute(_FAILED, values).scalar_one()) >= _OPENS_AT


def record_success(connection: Connection, remote: str) -> bool:
    """Close the circuit of a remote. Return whether there was one."""
    return connection.execute(delete(circuit).where(circuit.c.remote == remote)).rowcount == 1


def claim_outage_alert(connection: Connection, remote: str) -> bool:
    """Mark the outage as alerted. Return whether the caller is to send the alert; True if no outage is recorded."""
    claim = update(circuit).where(circuit.c.remote == remote, circuit.c.alerted_at.is_(None))
    if connection.execute(claim.values(alerted_at=func.clock_timestamp())).rowcount == 1:
        return True
    known = select(circuit.c.remote).where(circuit.c.remote == remote)
    return connection.execute(known).one_or_none() is None


def release_outage_alert(connection: Connection, remote: str) -> None:
    """Unmark the outage, since its alert could not be sent."""
    connection.execute(update(circuit).where(circuit.c.remote == remote).values(alerted_at=None))
