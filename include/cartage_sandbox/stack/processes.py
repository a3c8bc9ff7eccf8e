"""End servers together with everything they started, found by their session, not by name.

It never touches a process outside the given session.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import psutil

_POLL_SECONDS = 0.05


def is_alive(pid: int) -> bool:
    """Return whether `pid` runs. A zombie that waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def session_members(leader: int) -> list[int]:
    """Return the living processes of the session that `leader` opened, whether or not the leader is still alive.

    Airflow gives each task its own process group (airflow-3.3.md section H), so a group would miss them. None of its
    processes opens a new session.
    """
    members = []
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == leader and is_alive(pid):
                members.append(pid)
    return members


def end_session(leader: int, gentle: signal.Signals, grace: float) -> None:
    """Ask `leader` to stop. After `grace` seconds, or when it is gone, kill what is left of its session.

    Returns when the session is empty. A second call, or one for an ended session, does nothing.
    """
    _send(leader, gentle)
    _wait_until_gone([leader], grace)
    left = session_members(leader)
    for pid in left:
        _send(pid, signal.SIGKILL)
    _wait_until_gone(left, grace)


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _wait_until_gone(pids: list[int], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
        _reap(pids)
        time.sleep(_POLL_SECONDS)
    _reap(pids)


def _reap(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
