"""Profiles written in a test, as a merchant writes them: a YAML file beside the lanes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from cartage.warehouses.files.profiles.library import ProfileFile, load_profile
from cartage.warehouses.files.profiles.settings.profile import CsvProfile

AT = datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)
# The shortest section `orders` that is valid; a test of another section needs no more.
ORDERS = "orders: {header: false, columns: [{field: reference}, {field: line.sku}, {field: line.quantity}]}\n"

Loaded = Callable[..., ProfileFile]
Profiled = Callable[[str], CsvProfile]


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """What reading profiles finds in a folder with these files; of them, the first."""

    def load(text: str, **others: str) -> ProfileFile:
        for name, content in {"own": text, **others}.items():
            (tmp_path / f"{name}.yaml").write_text(dedent(content), encoding="utf-8")
        return load_profile("own", tmp_path)

    return load


@pytest.fixture
def profile(loaded: Loaded) -> Profiled:
    """The profile of a text without mistakes."""

    def open_text(text: str) -> CsvProfile:
        found = loaded(text)
        assert found.mistake_lines() == []
        assert found.profile is not None
        return found.profile

    return open_text
