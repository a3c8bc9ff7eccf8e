"""Load lanes.yaml: every valid lane, and every mistake of the others with its line. Reads no other file.

Cheap enough for DAG files: imports no HTTP, database or data library, and reads an unchanged file once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from cartage.errors import SettingsError
from cartage.lanes.conflicts import lane_conflicts
from cartage.lanes.document import Document, DocumentFault, read_document
from cartage.lanes.mistakes import Mistake, SettingFinding, dotted
from cartage.lanes.settings.lane import Lane
from cartage.lanes.validate import validate_lane

FILE_VARIABLE = "CARTAGE_LANES_FILE"
_LARGEST_FILE = 2_000_000


@dataclass(frozen=True, slots=True)
class LaneFile:
    """The content of a file: its valid lanes by name, every mistake, and warnings, which make no lane invalid."""

    path: Path
    lanes: dict[str, Lane] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    warnings: list[Mistake] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        """Every lane in the file, valid or not."""
        return {*self.lanes, *(mistake.lane for mistake in self.mistakes if mistake.lane)}

    def mistake_lines(self) -> list[str]:
        """Return every mistake as `file:line: lane: path: message. fix`."""
        return [mistake.text(self.path) for mistake in self.mistakes]

    def warning_lines(self) -> list[str]:
        """Return every warning in the same form."""
        return [warning.text(self.path) for warning in self.warnings]


def lanes_path() -> Path:
    """Return the path of this deployment's file, whether it exists or not.

    `CARTAGE_LANES_FILE`; else `config/lanes.yaml` beside the package `cartage` (a checkout, or an image that
    has `include/` in place); else `$AIRFLOW_HOME/include/config/lanes.yaml`.
    """
    if named := os.environ.get(FILE_VARIABLE, "").strip():
        return Path(named).expanduser()
    beside = Path(__file__).resolve().parents[2] / "config" / "lanes.yaml"
    if beside.exists() or not (home := os.environ.get("AIRFLOW_HOME")):
        return beside
    return Path(home).expanduser() / "include" / "config" / "lanes.yaml"


def load_lanes(path: Path | None = None) -> LaneFile:
    """Read and validate a file, each lane separately. Never raises: what is wrong is in `mistakes`."""
    file = path or lanes_path()
    try:
        if file.stat().st_size > _LARGEST_FILE:
            return _unusable(
                file,
                f"is larger than {_LARGEST_FILE} bytes",
                "Settings are small: check that it is the right file.",
            )
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return _unusable(file, "does not exist", f"Create it, or set {FILE_VARIABLE} to another file.")
    except UnicodeDecodeError as error:
        return _unusable(
            file, "is not UTF-8 text", "Save it as UTF-8.", error.object.count(b"\n", 0, error.start) + 1
        )
    except OSError as error:
        return _unusable(
            file, f"cannot be read: {error.strerror}", "Check that it is a file that Cartage may read."
        )
    return _load_document(file, read_document(text))


def load_text(path: Path, text: str) -> LaneFile:
    """Validate a text as the content of this file."""
    return _load_document(path, read_document(text))


def valid_lanes(path: Path | None = None) -> list[Lane]:
    """Return the lanes to build DAGs for, in the file's order. Never raises; reads an unchanged file once."""
    return list(_CACHE.get(path or lanes_path()).lanes.values())


def get_lane(name: str, path: Path | None = None) -> Lane:
    """Return the valid lane of this name.

    Raises:
        SettingsError: if there is none; it names the lane's mistakes if the lane is in the file.
    """
    found = _CACHE.get(path or lanes_path())
    if name in found.lanes:
        return found.lanes[name]
    own = [mistake.text(found.path) for mistake in found.mistakes if mistake.lane in {name, None}]
    near = get_close_matches(name, found.lanes, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else f" Lanes: {', '.join(found.lanes) or 'none'}."
    raise SettingsError(f"lane {name!r}", own or [f"{found.path}: there is no such lane.{hint}"])


def raise_on_mistakes(path: Path | None = None) -> None:
    """Raise if the file has any mistake, so that `dags/lanes_check.py` shows it in Airflow as an import error.

    Raises:
        SettingsError: if there is any mistake; its text lists them all.
    """
    found = _CACHE.get(path or lanes_path())
    if found.mistakes:
        raise SettingsError(str(found.path), found.mistake_lines())


class _Cache:
    """The last file that was read, until the file changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[tuple[object, ...], LaneFile] | None = None

    def get(self, path: Path) -> LaneFile:
        with self._lock:
            stamp = _stamp(path)
            if self._held is None or self._held[0] != stamp:
                self._held = (stamp, load_lanes(path))
            return self._held[1]


_CACHE = _Cache()


def _stamp(path: Path) -> tuple[object, ...]:
    try:
        status = path.stat()
    except OSError:
        return (path, None)
    return (path, status.st_mtime_ns, status.st_size, status.st_ino)


def _unusable(file: Path, message: str, fix: str, line: int = 1) -> LaneFile:
    return LaneFile(file, {}, [Mistake(None, "", line, message, fix)])


def _load_document(file: Path, document: Document) -> LaneFile:
    mistakes = [_fault_mistake(fault) for fault in document.faults]
    if any(fault.whole or fault.path == ("lanes",) for fault in document.faults):
        return LaneFile(file, {}, mistakes)
    mistakes += _top_level_mistakes(document)
    lanes: dict[str, Lane] = {}
    warnings: list[Mistake] = []
    for name in _lane_data(document):
        result = validate_lane(name, document)
        known = {fault.path for fault in document.faults}
        mistakes += [
            _mistake(document, name, finding)
            for finding in result.mistakes
            if ("lanes", name, *finding.path) not in known
        ]
        warnings += [_mistake(document, name, finding) for finding in result.warnings]
        if result.lane and not any(fault.path[:2] == ("lanes", name) for fault in document.faults):
            lanes[name] = result.lane
    conflicts = list(lane_conflicts(lanes))
    mistakes += [_mistake(document, name, finding) for name, finding in conflicts]
    refused = {name for name, _ in conflicts}
    valid = {name: lane for name, lane in lanes.items() if name not in refused}
    return LaneFile(file, valid, _by_line(mistakes), _by_line(warnings))


def _by_line(mistakes: list[Mistake]) -> list[Mistake]:
    return sorted(mistakes, key=lambda mistake: mistake.line)


def _top_level_mistakes(document: Document) -> Iterator[Mistake]:
    """Yield mistakes above the lanes. Keys that begin with `x-` are the merchant's own, for YAML anchors."""
    example = "Write 'lanes:' and, indented under it, the name of each lane with its settings."
    if not isinstance(document.data, dict):
        what = "is empty" if document.data is None else "must be a mapping that begins with 'lanes:'"
        yield Mistake(None, "", 1, what, example)
        return
    for key in document.data:
        if key != "lanes" and not key.startswith("x-"):
            fix = "Settings belong under lanes.NAME; a key of your own, for YAML anchors, begins with x-."
            yield Mistake(None, key, document.line_of((key,)), "there is no such setting", fix)
    if "lanes" not in document.data:
        yield Mistake(None, "lanes", 1, "is missing", example)
    elif not isinstance(document.data["lanes"], dict):
        what = "is empty" if document.data["lanes"] is None else "must be a mapping of names to lanes"
        yield Mistake(None, "lanes", document.line_of(("lanes",)), what, example)


def _lane_data(document: Document) -> Mapping[str, object]:
    lanes = document.data.get("lanes") if isinstance(document.data, dict) else None
    return lanes if isinstance(lanes, dict) else {}


def _fault_mistake(fault: DocumentFault) -> Mistake:
    lane = str(fault.path[1]) if fault.path[:1] == ("lanes",) and len(fault.path) > 1 else None
    return Mistake(lane, dotted(fault.path), fault.line, fault.message, fault.fix)


def _mistake(document: Document, lane: str, finding: SettingFinding) -> Mistake:
    path = ("lanes", lane, *finding.path)
    return Mistake(lane, dotted(path), document.line_of(path), finding.message, finding.fix)
