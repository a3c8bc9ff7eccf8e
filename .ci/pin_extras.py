"""Pins `celery` beside `celery[redis]` in the given requirements files, for pip before 23.3.

Those pips, which Python 3.11 and 3.12 bring, take the two for different packages and want a hash for each.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

PINNED_WITH_EXTRAS = re.compile(
    r"^(?P<name>[\w.-]+)\[[^]]+\](?P<rest>==.*\n(?: {4}--hash.*\n)+)", re.MULTILINE
)


def pin_both(text: str) -> str:
    """`text` with each pin that names extras preceded by the same pin without them."""
    return PINNED_WITH_EXTRAS.sub(r"\g<name>\g<rest>\g<0>", text)


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        path.write_text(pin_both(path.read_text()))
