"""Profiles written in a test, as a merchant writes them: a YAML file beside the lanes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from cartage.warehouses.documents import InboundDocument
from cartage.warehouses.files.formats import ReadFile
from cartage.warehouses.files.profiles.csv_format import CsvFormat
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


Reads = Callable[..., ReadFile]


@pytest.fixture
def read(profile: Profiled) -> Reads:
    """What a file says, by a profile that has this section beside `orders`."""

    def read_file(section: str, content: str | bytes, name: str = "", *, released: bool = False) -> ReadFile:
        csv_format = CsvFormat(profile(ORDERS + dedent(section)))
        name = name or {"c": "c.csv", "a": "a.csv", "i": "i.csv"}[section.lstrip()[0]]
        body = content if isinstance(content, bytes) else dedent(content).encode()
        return csv_format.read(InboundDocument(f"out/{name}", body), released=released)

    return read_file
