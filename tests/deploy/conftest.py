"""Cartage's wheel, built once for all tests of what an installation brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.installed import CARTAGE_SOURCES, ROOT, build_wheel


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources without the network."""
    return build_wheel(ROOT, CARTAGE_SOURCES, tmp_path_factory.mktemp("cartage"))
