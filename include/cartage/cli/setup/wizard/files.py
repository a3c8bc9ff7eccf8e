"""Write the wizard's results: a lane into the lanes file, and connections for the environment and for Airflow.

Files are replaced atomically. Files with secrets are readable only by their owner (mode 0600).
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cartage.connections import Connection
from cartage.errors import SettingsError

if TYPE_CHECKING:
    from cartage.model.orders import ShipMethod

_HOST_AND_PORT = re.compile(r"([^:/\s]+):(\d{1,5})")
ENV_FILE, JSON_FILE = "connections.env", "connections.json"


def refuse_existing(path: Path, lane: str) -> None:
    """Check that this lane can be added to the file, or to the folder of files.

    Raises:
        SettingsError: if there is a lane of this name, or a file that would get the lane cannot be read.
    """
    from cartage.lanes import load_lanes

    if not path.exists():
        return
    found = load_lanes(path)
    if lane in found.names:
        place = found.files.get(lane, path)
        raise SettingsError(
            f"lane {lane!r}",
            [f"  {place} already has this lane. Choose another name, or edit the lane there."],
        )
    target = _target(path, lane)
    unusable = [
        mistake for mistake in found.mistakes if mistake.lane is None and mistake.file in {None, target}
    ]
    if unusable and target not in found.files.values() and _text(target).strip():
        raise SettingsError(str(target), [mistake.text(path) for mistake in unusable])


def add_lane(path: Path, name: str, settings: Mapping[str, Any]) -> Path:
    """Add a lane to the file, or create the file. Everything else in it stays, including comments. Return the file.

    If the lanes are a folder, the lane gets a file of its own in it.

    Raises:
        SettingsError: if the lane is not valid or would make another lane invalid; nothing is then written.
    """
    from cartage.cli.setup.wizard.lane_text import with_lane
    from cartage.lanes import load_lanes
    from cartage.lanes.loader import load_text

    file = _target(path, name)
    text = with_lane(_text(file), name, settings)
    found = load_text(path, text, file=None if file == path else file)
    lost = {name, *(load_lanes(path).lanes if path.exists() else ())} - set(found.lanes)
    if lost:
        lines = [mistake.text(path) for mistake in found.mistakes if mistake.lane in {*lost, None}]
        raise SettingsError(f"lane {name!r} was not written", lines)
    draft = _draft(file, text)
    try:
        draft.chmod(file.stat().st_mode & 0o777 if file.exists() else 0o644)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return file


def _target(path: Path, lane: str) -> Path:
    """Return the file that gets a new lane."""
    from cartage.lanes.sources.places import is_folder

    return path / f"{lane}.yaml" if is_folder(path) else path


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def write_rules(folder: Path, lane: str, methods: Mapping[str, ShipMethod]) -> Path:
    """Write ship methods to a file for `cartage mappings import`. Return its path."""
    from cartage.mappings.files import MAPPING_COLUMNS, rules_to_rows
    from cartage.mappings.rules import MethodRule
    from cartage.spreadsheets import rows_to_csv

    rules = [MethodRule(text, method) for text, method in methods.items()]
    path = folder / f"{lane}-mappings.csv"
    path.write_text(rows_to_csv(MAPPING_COLUMNS, rules_to_rows(rules)), encoding="utf-8-sig")
    return path


def write_connections(folder: Path, connections: Sequence[tuple[str, Connection]]) -> tuple[Path, Path]:
    """Write connections, each with its Airflow type, to both files, keeping the other connections. Return the files.

    Raises:
        SettingsError: if `connections.json` exists and cannot be read.
    """
    rows = {connection.id: as_airflow(kind, connection) for kind, connection in connections}
    known = known_connections(folder)
    env, as_json = folder / ENV_FILE, folder / JSON_FILE
    variables = {f"AIRFLOW_CONN_{name.upper()}": _quoted(row) for name, row in rows.items()}
    _write_private(as_json, json.dumps({**known, **rows}, indent=2) + "\n")
    _write_private(env, _with_variables(env, variables))
    return env, as_json


def as_airflow(kind: str, connection: Connection) -> dict[str, Any]:
    """Return a connection in the format of `airflow connections import` and `AIRFLOW_CONN_...`; drop empty fields."""
    host: dict[str, Any] = {"host": connection.host}
    if "://" in connection.host:
        parts = urlsplit(connection.host)
        host = {"schema": parts.scheme, "host": parts.hostname, "port": parts.port}
    elif found := _HOST_AND_PORT.fullmatch(connection.host.strip()):
        host = {"host": found[1], "port": int(found[2])}
    extra = {name: value for name, value in connection.extra.items() if value}
    row = {
        "conn_type": kind,
        **host,
        "login": connection.login,
        "password": connection.password,
        "extra": extra,
    }
    return {name: value for name, value in row.items() if value}


def _quoted(row: Mapping[str, Any]) -> str:
    """Return JSON in single quotes for shells and compose files; a quote inside becomes a JSON escape."""
    return "'" + json.dumps(row).replace("'", "\\u0027") + "'"


def known_connections(folder: Path) -> dict[str, Any]:
    """Return the connections that `connections.json` in this folder already has.

    Raises:
        SettingsError: if it cannot be read.
    """
    path = folder / JSON_FILE
    if not path.exists():
        return {}
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        known = None
    if not isinstance(known, dict):
        raise SettingsError(
            str(path), ["  is not a JSON object of connections. Move it away, and start again."]
        )
    return known


def _with_variables(path: Path, variables: Mapping[str, str]) -> str:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if line.partition("=")[0] not in variables]
    return "\n".join([*kept, *(f"{name}={value}" for name, value in variables.items())]) + "\n"


def _write_private(path: Path, text: str) -> None:
    draft = _draft(path, text)
    draft.replace(path)


def _draft(path: Path, text: str) -> Path:
    """Write the text to a new file next to `path` that only its owner can read (`mkstemp` sets the mode).

    Raises:
        SettingsError: if the folder is not writable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        message = f"  cannot be written: {error.strerror}. Check the folder {path.parent}."
        raise SettingsError(str(path), [message]) from error
    return Path(name)
