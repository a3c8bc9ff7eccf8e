"""Housekeeping: delete what is old from the ledger and from the folder of task logs."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cartage.db.retention import PurgeIncomplete, lanes_with_data, purge_lane
from cartage.errors import SettingsError

if TYPE_CHECKING:
    from cartage.db import Ledger

log = logging.getLogger(__name__)


# Deployment settings, as durations such as 90d.
AIRFLOW_RETENTION = "CARTAGE_AIRFLOW_RETENTION"
LOG_RETENTION = "CARTAGE_LOG_RETENTION"
_DEFAULTS = {AIRFLOW_RETENTION: timedelta(days=90), LOG_RETENTION: timedelta(days=30)}


def kept_for(variable: str) -> timedelta:
    """Return how long the deployment keeps what this variable is about.

    Raises:
        SettingsError: if the environment's value is no duration.
    """
    from pydantic import TypeAdapter, ValidationError

    from cartage.lanes.kinds import PositiveDuration

    value = os.environ.get(variable, "").strip()
    if not value:
        return _DEFAULTS[variable]
    try:
        found: timedelta = TypeAdapter(PositiveDuration).validate_python(value)
    except ValidationError:
        raise SettingsError(f"{variable}", [f"  {value!r} is no duration; write for example 90d."]) from None
    return found


def purge_all(ledger: Ledger) -> Mapping[str, Mapping[str, int]]:
    """Delete what each lane's retention no longer covers; return what was deleted, by lane.

    A lane that left the lanes file, or has a mistake there, is purged by the default retention.

    Raises:
        PurgeIncomplete: naming each lane of which something could not be deleted, after all lanes.
    """
    from cartage.lanes import valid_lanes
    from cartage.lanes.settings.limits import Retention

    settings = {lane.name: lane.retention for lane in valid_lanes()}
    purged: dict[str, Mapping[str, int]] = {}
    failed: list[str] = []
    for lane in lanes_with_data(ledger):
        kept = settings.get(lane, Retention())
        try:
            purged[lane] = purge_lane(ledger, lane, personal_data=kept.personal_data, payloads=kept.payloads)
        except PurgeIncomplete as failure:
            purged[lane] = failure.purged[lane]
            failed.append(f"  {failure}")
        log.info("lane %s: deleted %s", lane, purged[lane])
    if failed:
        raise PurgeIncomplete("\n".join([_INCOMPLETE, *failed, _TRIED_AGAIN]), purged)
    return purged


_INCOMPLETE = "Some old data could not be deleted from the ledger. All else was."
_TRIED_AGAIN = "The next run of housekeeping tries it again. The traceback of each failure is in the log."


def delete_old_logs(folder: Path, age: timedelta) -> int:
    """Delete task logs that were not written to for `age`, and folders that are empty then; return how many logs.

    Follow no link out of the folder. Files that another process deletes meanwhile are ignored.
    """
    oldest, deleted = time.time() - age.total_seconds(), 0
    for path in sorted(folder.rglob("*.log*"), reverse=True):
        try:
            if path.is_file() and not path.is_symlink() and path.stat().st_mtime < oldest:
                path.unlink()
                deleted += 1
        except FileNotFoundError:
            continue
    for path in sorted(
        (path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink()), reverse=True
    ):
        try:
            if path.stat().st_mtime < oldest:
                path.rmdir()
        except OSError:  # not empty, or gone
            continue
    return deleted
