"""Find and run this machine's Chromium, for the browser tests and the README's pictures. Never downloads a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Root in a container has no browser sandbox, and a test's browser should report nothing to its vendor.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

MISSING = (
    "No Chromium was found: install one (Debian: apt-get install chromium), or name it in CARTAGE_CHROMIUM."
)


def find_chromium() -> str | None:
    """Return the program named by `CARTAGE_CHROMIUM`, else the first of the usual names in PATH, else None."""
    named = os.environ.get("CARTAGE_CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """Run Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()
