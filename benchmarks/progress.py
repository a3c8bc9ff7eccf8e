"""Progress output, line by line, since a run takes half an hour."""

from __future__ import annotations

import time

_STARTED = time.monotonic()


def say(text: str) -> None:
    """Print a line with the minutes and seconds since the start."""
    minutes, seconds = divmod(int(time.monotonic() - _STARTED), 60)
    print(f"{minutes:3d}:{seconds:02d}  {text}", flush=True)
