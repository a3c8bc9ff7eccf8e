from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from cartage.lanes.connectors import connector_names, settings_model
from cartage.lanes.manual import _nested, settings_manual, with_settings
from cartage.lanes.settings.lane import Lane

PAGE = Path(__file__).parents[3] / "docs" / "lanes.md"


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        if nested := _nested(field.annotation):
            yield from _models(nested)


def _roots() -> list[type[BaseModel]]:
    return [Lane, *map(settings_model, connector_names())]


def test_the_manual_has_a_line_for_every_setting() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_settings(page), "run: cartage lanes manual --write docs/lanes.md"
    roots = _roots()
    settings = [(model, name) for root in roots for model in _models(root) for name in model.model_fields]
    # The lane's own name is its key; everything else has a row of its own.
    assert settings_manual().count("\n| `") == len(settings) - 1


def test_every_setting_has_a_description() -> None:
    for root in _roots():
        for model in _models(root):
            unsaid = [name for name, field in model.model_fields.items() if not field.description]
            assert unsaid == [], model


def test_a_page_without_its_markers_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="markers"):
        with_settings("# Lanes\n")
