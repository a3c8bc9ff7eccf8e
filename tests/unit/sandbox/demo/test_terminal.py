"""Ctrl-C ends a program that keeps the terminal for itself; what started it, such as make, goes on."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path

# Starts a program as make does, in its own process group, and reports how it ended.
_STARTER = """
import subprocess, sys
ended = subprocess.run([sys.executable, "-c", sys.argv[1]])
print("it ended with", ended.returncode, flush=True)
"""
_PROGRAM = """
import signal
from cartage_sandbox.demo.terminal import own_terminal
with own_terminal():
    try:
        print("ready", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        print("stopping", flush=True)
"""


def _read_until(terminal: int, words: bytes) -> bytes:
    seen = b""
    while words not in seen:
        seen += os.read(terminal, 4096)
    return seen


def test_ctrl_c_reaches_the_program_and_not_what_started_it() -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        include = Path(__file__).parents[4] / "include"
        os.environ["PYTHONPATH"] = str(include)
        os.execv(sys.executable, [sys.executable, "-c", _STARTER, _PROGRAM])
    _read_until(terminal, b"ready")
    os.write(terminal, b"\x03")
    assert b"stopping" in _read_until(terminal, b"it ended with 0")
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    os.close(terminal)
