"""Validation of one lane: from raw data to settings or mistakes. Its own settings first, then its connector's."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from cartage.errors import SettingsError
from cartage.lanes import connectors
from cartage.lanes.conflicts import repeated_mappings, same_stock, shadowed_methods
from cartage.lanes.document import Document, Path
from cartage.lanes.mistakes import SettingFinding, findings
from cartage.lanes.renamed import rename_settings
from cartage.lanes.routing.forms import form_mistakes, warehouse_sections
from cartage.lanes.routing.places import unknown_places
from cartage.lanes.routing.rules import routing_mistakes, unused_warehouses
from cartage.lanes.settings.lane import LANE_NAME, Lane

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LaneValidation:
    """The result for one lane: the lane, or its mistakes; and warnings, which do not make it invalid."""

    lane: Lane | None
    mistakes: list[SettingFinding] = field(default_factory=list)
    warnings: list[SettingFinding] = field(default_factory=list)


def validate_lane(name: str, document: Document) -> LaneValidation:
    """Validate the lane of this name in a file. Its renamed settings get their new names in the document's data."""
    root: Path = ("lanes", name)
    data = document.data["lanes"][name]
    if not isinstance(data, dict):
        message = "must be a mapping: the settings of the lane"
        return LaneValidation(None, [SettingFinding((), message, "Indent its settings under its name.")])
    warnings, found = rename_settings(name, document)
    found += _name_mistakes(name, data)
    form = [*form_mistakes(data)]
    lane, mistakes = _model(name, data)
    # The model says about the whole lane what `form` says about a setting of it.
    found += [*(mistake for mistake in mistakes if mistake.path or not form), *form]
    for place, warehouse in warehouse_sections(data):
        found += _connector(warehouse, place)

    def line_of(path: Path) -> int:
        return document.line_of((*root, *path))

    found += repeated_mappings(data, line_of)
    found += routing_mistakes(data, line_of)
    if lane is not None and not found:
        found += same_stock(lane)
        warnings += [*unused_warehouses(lane), *shadowed_methods(lane), *unknown_places(lane)]
    return LaneValidation(None if found else lane, found, warnings)


def _name_mistakes(name: str, data: Mapping[str, Any]) -> Iterator[SettingFinding]:
    if not LANE_NAME.fullmatch(name):
        fix = "Use a-z, 0-9 and _, a letter first, at most 31 characters: it becomes part of DAG ids."
        yield SettingFinding((), f"{name!r} cannot be the name of a lane", fix)
    if "name" in data:
        yield SettingFinding(
            ("name",), "there is no such setting", "The lane's name is the key above its settings."
        )


def _model(name: str, data: Mapping[str, Any]) -> tuple[Lane | None, list[SettingFinding]]:
    valid_name = name if LANE_NAME.fullmatch(name) else "nameless"
    try:
        return Lane.model_validate({**data, "name": valid_name}), []
    except ValidationError as error:
        return None, list(findings(error, Lane))


def _connector(warehouse: Mapping[str, Any], place: Path) -> list[SettingFinding]:
    if warehouse.get("connector") not in connectors.connector_names():
        return []
    settings = warehouse.get("settings", {})
    connector = str(warehouse["connector"])
    return _connector_settings(connector, settings, place) if isinstance(settings, dict) else []


def _connector_settings(connector: str, settings: dict[str, Any], place: Path) -> list[SettingFinding]:
    at: Path = (*place, "settings")
    try:
        model = connectors.settings_model(connector)
    except SettingsError as unusable:
        fix = "Lanes with other connectors are not concerned."
        mistakes = " ".join(mistake.strip() for mistake in unusable.mistakes)
        return [SettingFinding((*place, "connector"), mistakes.removesuffix("."), fix)]
    try:
        try:
            model.model_validate(settings)
        except ValidationError as error:
            return [
                SettingFinding((*at, *finding.path), finding.message, finding.fix)
                for finding in findings(error, model)
            ]
    except Exception as error:
        # A connector is code of its own. What it raises must stop this lane only.
        log.exception("connector %s: its settings could not be checked", connector)
        message = f"the connector {connector} could not check its settings: {type(error).__name__}: {error}"
        return [
            SettingFinding(at, message, "The connector is broken or not installed; the log has the details.")
        ]
    return []
