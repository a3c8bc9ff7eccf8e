"""Statements that delete rows which are over and which nothing needs any more, a batch at a time.

Each takes `lane`, `age` and `size`, and returns how many rows it has deleted.
"""

from __future__ import annotations

from sqlalchemy import text

ALERTS = text(
    """
    WITH old AS (
        DELETE FROM alert a WHERE a.id IN (
            SELECT o.id FROM alert o
            WHERE o.lane = :lane AND o.closed_at < clock_timestamp() - CAST(:age AS interval)
            LIMIT :size FOR UPDATE SKIP LOCKED)
        RETURNING a.id
    )
    SELECT count(*) FROM old
    """
)

# A job that never ran is as old as its request. An uploaded file goes with the last job that works on it.
JOBS = text(
    """
    WITH old AS (
        DELETE FROM desk_job WHERE id IN (
            SELECT id FROM desk_job
            WHERE lane = :lane
              AND coalesce(finished_at, started_at, requested_at) < clock_timestamp() - CAST(:age AS interval)
            ORDER BY id LIMIT :size FOR UPDATE SKIP LOCKED)
        RETURNING id
    )
    SELECT count(*) FROM old
    """
)
UPLOADS = text(
    """
    WITH old AS (
        DELETE FROM desk_upload WHERE id IN (
            SELECT f.id FROM desk_upload f
            WHERE f.lane = :lane AND f.uploaded_at < clock_timestamp() - CAST(:age AS interval)
              AND NOT EXISTS (SELECT FROM desk_job j WHERE j.upload_id = f.id)
            LIMIT :size FOR UPDATE SKIP LOCKED)
        RETURNING id
    )
    SELECT count(*) FROM old
    """
)

NOTES = text(
    """
    WITH old AS (DELETE FROM attention WHERE ctid IN (
        SELECT ctid FROM attention WHERE lane = :lane AND changed_at < clock_timestamp() - CAST(:age AS interval)
          AND coalesce(snoozed_until, '-infinity') < clock_timestamp() LIMIT :size FOR UPDATE SKIP LOCKED) RETURNING 1)
    SELECT count(*) FROM old
    """
)

# Differences that have ended; the trend of a page or report goes no further back.
DIFFERENCES = text(
    """
    WITH old AS (
        DELETE FROM difference WHERE id IN (
            SELECT d.id FROM difference d
            WHERE d.lane = :lane AND d.ended_at < clock_timestamp() - CAST(:age AS interval)
            LIMIT :size FOR UPDATE SKIP LOCKED)
        RETURNING id
    )
    SELECT count(*) FROM old
    """
)
# The newest comparison stays, and so does one by which a difference is known.
COMPARISONS = text(
    """
    WITH old AS (
        DELETE FROM reconciliation WHERE id IN (
            SELECT r.id FROM reconciliation r
            WHERE r.lane = :lane AND r.began_at < clock_timestamp() - CAST(:age AS interval)
              AND r.id < (SELECT max(n.id) FROM reconciliation n WHERE n.lane = :lane AND n.finished_at IS NOT NULL)
              AND NOT EXISTS (SELECT FROM difference d WHERE d.lane = :lane AND d.reconciliation_id = r.id)
            ORDER BY r.id LIMIT :size FOR UPDATE SKIP LOCKED)
        RETURNING id
    )
    SELECT count(*) FROM old
    """
)
