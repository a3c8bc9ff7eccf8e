"""The compiled lanes of a file or folder: read them lane by lane, or make them of what the files say now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cartage.lanes.compiled.notation import LaneEntry, decode, decode_lane, decode_notes, encode
from cartage.lanes.loader import FileContent, LaneContent, mistakes_across, mistakes_in_order, read_content

if TYPE_CHECKING:
    from cartage.lanes.mistakes import Mistake
    from cartage.lanes.settings.lane import Lane
    from cartage.lanes.sources.texts import SourceText

Source = tuple[str, str]


class CompiledLanes:
    """The compiled lanes of a file or folder. A lane is built when it is first asked for.

    Raises:
        Damaged: if the text is not whole; from methods, if the present rules do not accept a lane.
    """

    def __init__(self, path: Path, text: bytes) -> None:
        self.path = path
        self._header, self._body = decode(text)
        self._valid = {entry.name: entry for entry in self._header.entries if not entry.refused}
        self._built: dict[str, Lane] = {}

    @property
    def names(self) -> list[str]:
        """The valid lanes, in the order of the file or the files."""
        return list(self._valid)

    def is_of(self, sources: Sequence[SourceText]) -> bool:
        """Return whether the files still say what was compiled."""
        return self._header.sources == tuple(map(_source, sources))

    def lane(self, name: str) -> Lane | None:
        """Return the valid lane of this name, or None."""
        if name not in self._valid:
            return None
        if name not in self._built:
            self._built[name] = self._content(self._valid[name]).lane
        return self._built[name]

    def lanes(self, wanted: Callable[[LaneEntry], bool] = lambda _: True) -> list[Lane]:
        """Return the valid lanes whose entries are wanted, and build no other."""
        names = [name for name, entry in self._valid.items() if wanted(entry)]
        return [lane for lane in map(self.lane, names) if lane is not None]

    def mistakes(self) -> list[Mistake]:
        """Return every mistake, in the order of files and lines."""
        notes = decode_notes(self._body[: self._header.notes_end])
        own = [
            FileContent(self._file(name), {}, found.mistakes)
            for (name, _), found in zip(self._header.sources, notes.own, strict=True)
        ]
        across = [
            replace(mistake, file=self.path / mistake.file) if mistake.file else mistake
            for mistake in notes.across
        ]
        return mistakes_in_order(self.path, own, across)

    def contents(self) -> dict[Source, FileContent]:
        """Return what each file says by itself, by its name and digest."""
        notes = decode_notes(self._body[: self._header.notes_end])
        lanes: list[dict[str, LaneContent]] = [{} for _ in self._header.sources]
        for entry in self._header.entries:
            lanes[entry.source][entry.name] = self._content(entry)
        return {
            source: FileContent(self._file(source[0]), lanes[number], found.mistakes, found.warnings)
            for number, (source, found) in enumerate(zip(self._header.sources, notes.own, strict=True))
        }

    def _file(self, name: str) -> Path:
        return self.path if name == self.path.name else self.path / name

    def _content(self, entry: LaneEntry) -> LaneContent:
        return decode_lane(entry.name, self._body[entry.start : entry.end])


def compile_lanes(path: Path, sources: Sequence[SourceText], earlier: CompiledLanes | None = None) -> bytes:
    """Return the compiled lanes of these files. A file that is in `earlier` with the same content is not parsed.

    Raises:
        Damaged: if the present rules do not accept a lane of `earlier`.
    """
    known = earlier.contents() if earlier else {}
    contents = [known.get(_source(source)) or read_content(source) for source in sources]
    return encode([*map(_source, sources)], contents, mistakes_across(path, contents))


def _source(source: SourceText) -> Source:
    """Return name and digest: the folder has another path in a container than on the host that compiled it."""
    return source.path.name, source.digest()
