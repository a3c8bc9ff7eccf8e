"""The desk's stylesheet and programs, by name; nothing else can be had from its folder."""

from __future__ import annotations

import hashlib
from importlib.resources import files

_TYPES = {
    "desk.css": "text/css; charset=utf-8",
    "desk.js": "text/javascript; charset=utf-8",
    "htmx-2.0.11.min.js": "text/javascript; charset=utf-8",
}

_FOLDER = files("cartage_airflow.desk") / "static"

CONTENTS = {name: ((_FOLDER / name).read_bytes(), kind) for name, kind in _TYPES.items()}
"""What each file holds, and of which type it is."""

VERSION = hashlib.sha256(b"".join(content for content, _ in CONTENTS.values())).hexdigest()[:12]
"""Changes with any of them, so that a browser may keep what it has."""
