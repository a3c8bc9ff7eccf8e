from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.warehouses.files.profiles.csv_format import CsvFormat
from cartage.warehouses.files.profiles.library import load_profile, open_profile
from cartage.warehouses.files.profiles.manual import profile_manual, with_profile_settings
from cartage.warehouses.files.profiles.settings.profile import CsvProfile
from cartage.warehouses.files.profiles.settings.tables import InboundFiles
from tests.unit.warehouses.files.profiles.conftest import AT

DOCS = Path(__file__).parents[5] / "docs"
PAGE = DOCS / "file-profiles.md"
TUTORIAL = DOCS / "new-3pl-by-files.md"


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _models(field.annotation)
    elif get_origin(annotation) in {Union, UnionType, tuple}:
        for part in get_args(annotation):
            yield from _models(part)


MODELS: list[type[BaseModel]] = sorted({*_models(CsvProfile), InboundFiles}, key=lambda model: model.__name__)


def test_the_manual_has_a_line_for_every_setting() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_profile_settings(page), (
        "run: cartage files profiles manual --write docs/file-profiles.md"
    )
    lines = re.findall(r"^\| `(?:[a-z_]+(?:\[\])?\.)*([a-z_]+)` ", profile_manual(), re.MULTILINE)
    assert len(MODELS) > 8
    missing = {name for model in MODELS for name in model.model_fields} - set(lines)
    assert missing == set()


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_has_a_description(model: type[BaseModel]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []


ORDER = FulfillmentRequest(
    reference="A3_31882_0",
    display_number="AB-1000",
    ordered_at=datetime(2026, 11, 1, 23, 30, 15, tzinfo=UTC),
    ship_to=Address("Joan Harry", "", "12 Harbor Road", "", "Rochester", "NY", "14607", "US"),
    ship_method=ShipMethod("UPS", "Ground"),
    lines=(
        RequestLine(71, "MUG-RED", Decimal(2), "Mug"),
        RequestLine(72, "TEA-100G", Decimal(1), "Tea"),
    ),
)


@pytest.mark.parametrize("name", ["plain", "dsfx"])
def test_the_pages_examples_are_what_is_written(name: str) -> None:
    content = CsvFormat(open_profile(name)).write((ORDER,), 1, AT).content.decode().replace("\r\n", "\n")
    assert f"```text\n{content}```" in PAGE.read_text(encoding="utf-8")


def _blocks(page: Path) -> list[str]:
    """Return the page's blocks of profiles; an indented one is of the lanes file."""
    return re.findall(r"```yaml\n(?! )(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", [PAGE, TUTORIAL], ids=lambda page: page.name)
def test_the_pages_profiles_are_valid(page: Path, tmp_path: Path) -> None:
    """The first block of a page is a profile; what follows it is added to it."""
    first, *further = _blocks(page)
    (tmp_path / "acme.yaml").write_text(first + "".join(further))
    assert load_profile("acme", tmp_path).mistake_lines() == []


def test_the_tutorials_profile_writes_what_it_promises(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(_blocks(TUTORIAL)[0])
    csv_format = CsvFormat(open_profile("acme", tmp_path))
    document = csv_format.write((ORDER,), 1, AT)
    assert document.name == "SO_A3_31882_0_20261102030405.csv"
    row, _ = csv.DictReader(io.StringIO(document.content.decode(), newline=""))
    assert (row["OrderNo"], row["ShipVia"], row["Qty"]) == ("A3_31882_0", "UPS Ground", "2")
    long = replace(ORDER, ship_to=replace(ORDER.ship_to, name="J" * 36))
    assert [problem.subject for problem in csv_format.problems(long)] == ["Name (at most 35)"]
