"""A digest of what decides whether lanes are valid, besides their own text: code, connectors and file profiles."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

from cartage.lanes.connectors import connector_versions
from cartage.lanes.sources.places import PROFILES

_PACKAGE = Path(__file__).resolve().parents[2]
# What is read here decides about lanes: their models and rules, and the models of Cartage's own connectors.
_CODE = ("lanes", "warehouses", "model")


def rules_digest(path: Path) -> str:
    """Return a digest that changes with what else decides about the lanes at this path.

    It has the size and time of each module, so that an edit of a checkout counts, and the content of each profile.
    """
    digest = hashlib.blake2b(_installed().encode(), digest_size=12)
    for name, content in _profiles(path.parent / PROFILES):
        digest.update(f"{name} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()


@cache
def _installed() -> str:
    """Return what is installed. It does not change while a process runs."""
    modules = [line for folder in _CODE for line in _modules(_PACKAGE / folder)]
    return "\n".join([version("cartage"), *connector_versions(), *sorted(modules)])


def _modules(folder: Path) -> Iterator[str]:
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith((".py", ".yaml")):
                status = os.stat(os.path.join(parent, name))  # noqa: PTH116, PTH118 - a hundred files in each task
                yield f"{parent}/{name} {status.st_size} {status.st_mtime_ns}"


def _profiles(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the deployment's own profiles. One that cannot be read counts as empty: validation says why."""
    for file in sorted(folder.glob("*.yaml")):
        try:
            yield file.name, file.read_bytes()
        except OSError:
            yield file.name, b""
