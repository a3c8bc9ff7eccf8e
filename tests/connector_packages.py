"""Packages with connectors of other people, installed for one test: sources and metadata in a folder on the path."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import invalidate_caches
from pathlib import Path

from cartage.lanes import connectors

# The smallest connector that can be named in a lane; its warehouse cannot be opened.
SMALL = """
from pydantic import BaseModel, ConfigDict, Field

from cartage.connections import ConnectionField


class SETTINGS(BaseModel):
    model_config = ConfigDict(extra="forbid")
    depot: str = Field(description="The depot that ships.")


FIELDS = (ConnectionField("login", "Customer number", "The customer number at the warehouse."),)
STOCK_SETTINGS = ("depot",)
ASKED_SETTINGS = ()


def open_warehouse(connection, settings, *, timeouts=None, threads=16):
    raise NotImplementedError


def validator(settings):
    return lambda request: []
"""


class ConnectorPackages:
    """A folder on the import path into which packages are installed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def install(self, name: str, source: str = SMALL, *, connector: str = "") -> str:
        """Install the distribution `<name>-wms` with a connector (default: of the same name); return its module."""
        module = f"{name}_wms"
        (self._folder / f"{module}.py").write_text(source)
        metadata = self._folder / f"{module}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-wms\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[{connectors.GROUP}]\n{connector or name} = {module}\n")
        invalidate_caches()
        connectors._registered.cache_clear()
        return module


@contextmanager
def installed_in(folder: Path) -> Iterator[ConnectorPackages]:
    """Yield packages in this folder, which is on the import path until the block ends."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    connectors._registered.cache_clear()
    try:
        yield ConnectorPackages(folder)
    finally:
        sys.path.remove(str(folder))
        for module in set(sys.modules) - before:
            if module.endswith("_wms"):
                del sys.modules[module]
        connectors._registered.cache_clear()
