"""Validation of one lane: from raw data to settings or mistakes. Its own settings first, then its connector's."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from cartage.errors import SettingsError
from cartage.lanes import connectors
from cartage.lanes.conflicts import repeated_mappings
from cartage.lanes.document import Document, Path
from cartage.lanes.mistakes import SettingFinding, findings
from cartage.lanes.renamed import rename_settings
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
    lane, mistakes = _model(name, data)
    found += mistakes
    found += _connector(data)
    found += repeated_mappings(data, lambda path: document.line_of((*root, *path)))
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


def _connector(data: Mapping[str, Any]) -> list[SettingFinding]:
    warehouse = data.get("warehouse")
    if not isinstance(warehouse, dict) or warehouse.get("connector") not in connectors.connector_names():
        return []
    settings = warehouse.get("settings", {})
    return _connector_settings(str(warehouse["connector"]), settings) if isinstance(settings, dict) else []


def _connector_settings(connector: str, settings: dict[str, Any]) -> list[SettingFinding]:
    at: Path = ("warehouse", "settings")
    try:
        model = connectors.settings_model(connector)
    except SettingsError as unusable:
        fix = "Lanes with other connectors are not concerned."
        mistakes = " ".join(mistake.strip() for mistake in unusable.mistakes)
        return [SettingFinding(("warehouse", "connector"), mistakes.removesuffix("."), fix)]
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
