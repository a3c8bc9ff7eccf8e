"""Load lanes.yaml, or a folder of such files: every valid lane, and every mistake of the others with file and line.

Imports no HTTP, database or data library. It always reads; `cartage.lanes.compiled` keeps what was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cartage.errors import SettingsError
from cartage.lanes.conflicts import lane_conflicts
from cartage.lanes.document import Document, DocumentFault, read_document
from cartage.lanes.document import Path as SettingPath
from cartage.lanes.mistakes import Mistake, SettingFinding, dotted
from cartage.lanes.settings.lane import Lane
from cartage.lanes.sources.places import is_folder, lanes_path, unread_folder
from cartage.lanes.sources.texts import SourceText, read_sources
from cartage.lanes.validate import validate_lane

# Conflicts between lanes are found in settings of their sections, `warehouses.NAME.settings.NAME` at the deepest.
_DEEPEST_CONFLICT = 4


@dataclass(frozen=True, slots=True)
class LaneFile:
    """The content of a file or folder: its valid lanes by name, every mistake, and warnings, which make none invalid.

    `files` has the file of each lane, valid or not.
    """

    path: Path
    lanes: dict[str, Lane] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    warnings: list[Mistake] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)

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


@dataclass(frozen=True, slots=True)
class LaneContent:
    """A lane that is valid by itself: the lane, its settings as they are written, and the lines of its sections."""

    lane: Lane
    data: Mapping[str, object]
    lines: Mapping[SettingPath, int]

    def line_of(self, path: SettingPath) -> int:
        """Return the line of this path below the lane, or of its longest part that is known."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


@dataclass(frozen=True, slots=True)
class FileContent:
    """What one file says by itself, whatever other files say. Renamed settings have their new names."""

    path: Path
    lanes: Mapping[str, LaneContent] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    warnings: list[Mistake] = field(default_factory=list)


def load_lanes(path: Path | None = None) -> LaneFile:
    """Read and validate a file or folder, each lane separately. Never raises: what is wrong is in `mistakes`."""
    place = path or lanes_path()
    return combine(place, [read_content(source) for source in read_sources(place)])


def load_text(path: Path, text: str, *, file: Path | None = None) -> LaneFile:
    """Validate a text as the content of this file; with `file`, as that file in the folder beside its other files."""
    draft = SourceText(file or path, text.encode())
    others = [source for source in read_sources(path) if source.path != draft.path] if file else []
    # What is wrong with the folder itself, such as that it is empty, ends with the new file.
    sources = [*(source for source in others if source.path != path), draft]
    return combine(path, [read_content(source) for source in sorted(sources, key=lambda found: found.path)])


def lane_file(path: Path, lane: str) -> Path:
    """Return the file in which a lane is written: the file itself, or one of the folder.

    Raises:
        SettingsError: if no file of the folder has this lane.
    """
    if not is_folder(path):
        return path
    found = load_lanes(path)
    if lane not in found.files:
        raise SettingsError(f"lane {lane!r}", [f"  no file in {path} has this lane."])
    return found.files[lane]


def read_content(source: SourceText) -> FileContent:
    """Validate the content of one file. Never raises."""
    if source.fault:
        return FileContent(source.path, {}, [Mistake(None, "", 1, source.fault, source.fix)])
    try:
        text = source.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return FileContent(
            source.path, {}, [Mistake(None, "", line, "is not UTF-8 text", "Save it as UTF-8.")]
        )
    return _content(source.path, read_document(text))


def combine(path: Path, contents: Iterable[FileContent]) -> LaneFile:
    """Return the lanes of all files together, without those that conflict with one another."""
    found = list(contents)
    across = mistakes_across(path, found)
    refused = {mistake.lane for mistake in across}
    return LaneFile(
        path,
        {name: own.lane for content in found for name, own in content.lanes.items() if name not in refused},
        mistakes_in_order(path, found, across),
        _by_place(_named(item, content, path) for content in found for item in content.warnings),
        {name: content.path for content in found for name in _names(content)},
    )


def mistakes_across(path: Path, contents: Iterable[FileContent]) -> list[Mistake]:
    """Return what is wrong between lanes: conflicts, and a lane that several files have. No file wins by guess."""
    found = list(contents)
    places: dict[str, list[FileContent]] = {}
    for content in found:
        for name in _names(content):
            places.setdefault(name, []).append(content)
    mistakes = [
        mistake for name, owners in places.items() if len(owners) > 1 for mistake in _set_twice(name, owners)
    ]
    single = {
        name: (content, content.lanes[name])
        for name, [content, *others] in places.items()
        if not others and name in content.lanes
    }
    for name, finding in lane_conflicts({name: own.lane for name, (_, own) in single.items()}):
        content, own = single[name]
        line, where = own.line_of(finding.path), dotted(("lanes", name, *finding.path))
        mistake = Mistake(name, where, line, finding.message, finding.fix)
        mistakes.append(_named(mistake, content, path))
    if folder := unread_folder(path):
        fix = f"Move its lanes into one of the two, or set CARTAGE_LANES_FILE to {folder}."
        mistakes.append(Mistake(None, "", 1, f"is read, and the folder {folder.name} beside it is not", fix))
    return mistakes


def mistakes_in_order(
    path: Path, contents: Iterable[FileContent], across: Iterable[Mistake]
) -> list[Mistake]:
    """Return the mistakes of all files and those between lanes, in the order of files and lines."""
    own = (_named(item, content, path) for content in contents for item in content.mistakes)
    return _by_place([*own, *across])


def _by_place(mistakes: Iterable[Mistake]) -> list[Mistake]:
    return sorted(mistakes, key=lambda mistake: (str(mistake.file or ""), mistake.line))


def _named(mistake: Mistake, content: FileContent, path: Path) -> Mistake:
    """Return a mistake with its file, if that is not the whole of what was read."""
    return mistake if content.path == path else replace(mistake, file=content.path)


def _names(content: FileContent) -> list[str]:
    """Return every lane of a file, valid or not, each once."""
    return list(
        dict.fromkeys(
            [*content.lanes, *(mistake.lane for mistake in content.mistakes if mistake.lane is not None)]
        )
    )


def _set_twice(name: str, owners: list[FileContent]) -> Iterator[Mistake]:
    for content in owners:
        others = " and ".join(other.path.name for other in owners if other is not content)
        line = content.lanes[name].line_of(()) if name in content.lanes else 1
        fix = "Keep it in one file, or give one of them another name."
        yield Mistake(name, f"lanes.{name}", line, f"is also in {others}", fix, file=content.path)


def _content(file: Path, document: Document) -> FileContent:
    mistakes = [_fault_mistake(fault) for fault in document.faults]
    if any(fault.whole or fault.path == ("lanes",) for fault in document.faults):
        return FileContent(file, {}, mistakes)
    mistakes += _top_level_mistakes(document)
    lanes: dict[str, LaneContent] = {}
    warnings: list[Mistake] = []
    sections = _section_lines(document)
    known = {fault.path for fault in document.faults}
    faulty = {path[:2] for path in known}
    for name, data in _lane_data(document).items():
        result = validate_lane(name, document)
        mistakes += [
            _mistake(document, name, finding)
            for finding in result.mistakes
            if ("lanes", name, *finding.path) not in known
        ]
        warnings += [_mistake(document, name, finding) for finding in result.warnings]
        if result.lane and isinstance(data, dict) and ("lanes", name) not in faulty:
            lanes[name] = LaneContent(result.lane, data, sections.get(name, {}))
    return FileContent(file, lanes, _by_place(mistakes), _by_place(warnings))


def _section_lines(document: Document) -> Mapping[str, Mapping[SettingPath, int]]:
    """Return the lines of each lane's sections and settings, by their path below the lane. Lists are left out."""
    found: dict[str, dict[SettingPath, int]] = {}
    for path, line in document.lines.items():
        if len(path) > 1 and path[0] == "lanes":
            below = path[2:]
            if len(below) <= _DEEPEST_CONFLICT and all(isinstance(part, str) for part in below):
                found.setdefault(str(path[1]), {})[below] = line
    return found


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
