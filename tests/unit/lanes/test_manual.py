from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_origin

import pytest
from pydantic import BaseModel

from cartage.lanes.connectors import connector_names, settings_model
from cartage.lanes.manual import _nested, settings_manual, with_settings
from cartage.lanes.settings.lane import Lane
from cartage.lanes.settings.reports import Promise
from cartage.lanes.settings.several.warehouses import WarehouseStock

PAGE = Path(__file__).parents[3] / "docs" / "lanes.md"


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        if nested := _nested(field.annotation):
            yield from _models(nested)


def _rows(model: type[BaseModel]) -> int:
    """How many rows a section and those below it have; one with names of its own has only what it adds."""
    count = len(model.model_fields)
    for field in model.model_fields.values():
        nested = _nested(field.annotation)
        if nested and get_origin(field.annotation) is dict:
            count += len(nested.model_fields) - sum(len(base.model_fields) for base in _bases(nested))
            count += len(WarehouseStock.model_fields) + len(Promise.model_fields)
        elif nested:
            count += _rows(nested)
    return count


def _bases(model: type[BaseModel]) -> list[type[BaseModel]]:
    return [base for base in model.__bases__ if issubclass(base, BaseModel)]


def _roots() -> list[type[BaseModel]]:
    return [Lane, *map(settings_model, connector_names())]


def test_the_manual_has_a_line_for_every_setting() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_settings(page), "run: cartage lanes manual --write docs/lanes.md"
    roots = _roots()
    # The lane's own name is its key; everything else has a row of its own.
    assert settings_manual().count("\n| `") == sum(map(_rows, roots)) - 1


def test_a_named_warehouse_has_lines_for_what_no_single_one_has() -> None:
    written = settings_manual()
    assert "| `warehouses.NAME.ship_methods` |" in written
    assert "| `warehouses.NAME.inventory.max_age` |" in written
    assert "| `warehouses.NAME.connector` |" not in written


def test_every_setting_has_a_description() -> None:
    for root in _roots():
        for model in _models(root):
            unsaid = [name for name, field in model.model_fields.items() if not field.description]
            assert unsaid == [], model


def test_a_page_without_its_markers_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="markers"):
        with_settings("# Lanes\n")
