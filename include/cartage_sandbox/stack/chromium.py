"""The Chromium of this machine, for the browser tests and the README's pictures. It never downloads a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Root in a container has no sandbox, and no browser of a test has anything to tell its maker.
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
    """The program: what `CARTAGE_CHROMIUM` names, else the first of the usual names in PATH, else None."""
    named = os.environ.get("CARTAGE_CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """A running Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()
