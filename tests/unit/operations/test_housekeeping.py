"""Old task logs are deleted, and retention is written as durations."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from cartage.errors import SettingsError
from cartage.operations.housekeeping import AIRFLOW_RETENTION, LOG_RETENTION, delete_old_logs, kept_for


def aged(path: Path, days: float) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("log")
    stamp = time.time() - days * 86400
    os.utime(path, (stamp, stamp))
    return path


def test_old_logs_and_emptied_folders_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    logs, outside = tmp_path / "logs", tmp_path / "outside"
    old = aged(logs / "dag_id=a" / "run_id=1" / "attempt=1.log", 31)
    new = aged(logs / "dag_id=a" / "run_id=2" / "attempt=1.log", 1)
    other = aged(logs / "dag_id=a" / "notes.txt", 31)
    kept = aged(outside / "attempt=1.log", 31)
    (logs / "link.log").symlink_to(kept)
    (logs / "linked").symlink_to(outside, target_is_directory=True)
    empty = logs / "dag_id=b"
    empty.mkdir()
    aged(empty, 31)
    assert delete_old_logs(logs, timedelta(days=30)) == 1
    assert not old.exists()
    assert not empty.exists()
    assert new.exists() and other.exists() and kept.exists()
    assert delete_old_logs(logs, timedelta(days=30)) == 0


def test_a_missing_folder_is_ignored(tmp_path: Path) -> None:
    assert delete_old_logs(tmp_path / "nowhere", timedelta(days=1)) == 0


def test_the_deployment_sets_the_retention(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept_for(LOG_RETENTION) == timedelta(days=30)
    monkeypatch.setenv(AIRFLOW_RETENTION, "180d")
    assert kept_for(AIRFLOW_RETENTION) == timedelta(days=180)
    monkeypatch.setenv(AIRFLOW_RETENTION, "long")
    with pytest.raises(SettingsError, match="'long' is no duration"):
        kept_for(AIRFLOW_RETENTION)
