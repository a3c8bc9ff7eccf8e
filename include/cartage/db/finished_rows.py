"""Statements that delete rows which are over and which nothing needs any more, a batch at a time.

Each takes `lane`, `age` and `size`, and returns how many rows it has deleted.
"""

from __future__ import annotations

from sqlalchemy import TextClause, text

_OLD = "clock_timestamp() - CAST(:age AS interval)"


def _deleting(table: str, condition: str, *, key: str = "id") -> TextClause:
    """Return the statement for rows o of a table that meet a condition besides their lane's."""
    return text(
        f"""
        WITH old AS (
            DELETE FROM {table} WHERE {key} IN (
                SELECT o.{key} FROM {table} o WHERE o.lane = :lane AND {condition}
                LIMIT :size FOR UPDATE SKIP LOCKED)
            RETURNING 1
        )
        SELECT count(*) FROM old
        """  # noqa: S608 - constants of this module
    )


ALERTS = _deleting("alert", f"o.closed_at < {_OLD}")

# A job that never ran is as old as its request. An uploaded file goes with the last job that works on it.
JOBS = _deleting("desk_job", f"coalesce(o.finished_at, o.started_at, o.requested_at) < {_OLD}")
UPLOADS = _deleting(
    "desk_upload", f"o.uploaded_at < {_OLD} AND NOT EXISTS (SELECT FROM desk_job j WHERE j.upload_id = o.id)"
)

NOTES = _deleting(
    "attention",
    f"o.changed_at < {_OLD} AND coalesce(o.snoozed_until, '-infinity') < clock_timestamp()",
    key="ctid",
)

# Differences that have ended; the trend of a page or report goes no further back.
DIFFERENCES = _deleting("difference", f"o.ended_at < {_OLD}")
# The newest comparison stays, and so does one by which a difference is known.
COMPARISONS = _deleting(
    "reconciliation",
    f"""o.began_at < {_OLD}
    AND o.id < (SELECT max(n.id) FROM reconciliation n WHERE n.lane = :lane AND n.finished_at IS NOT NULL)
    AND NOT EXISTS (SELECT FROM difference d WHERE d.lane = :lane AND d.reconciliation_id = o.id)""",  # noqa: S608 - a constant
)
