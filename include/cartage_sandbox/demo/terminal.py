"""Ctrl-C for this program alone: whatever started it, such as make, then sees it end by itself."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def own_terminal() -> Iterator[None]:
    """Be the only program that the terminal's Ctrl-C reaches, if this one reads from a terminal."""
    terminal = sys.stdin.fileno()
    try:
        others = os.tcgetpgrp(terminal)
        # A program in the background that takes the terminal is stopped, unless it ignores the signal for that.
        before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.setpgid(0, 0)
        os.tcsetpgrp(terminal, os.getpgrp())
    except OSError:
        # No terminal, or the leader of a session: Ctrl-C reaches it anyway.
        yield
        return
    try:
        yield
    finally:
        with suppress(OSError):
            os.tcsetpgrp(terminal, others)
        signal.signal(signal.SIGTTOU, before)
