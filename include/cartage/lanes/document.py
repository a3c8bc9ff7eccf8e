"""Read YAML as plain data with the line of every key. Rejects duplicate keys and oversized documents.

Knows YAML only, nothing about lanes. Never builds Python objects from tags.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.constructor import ConstructorError, SafeConstructor

Path = tuple[str | int, ...]

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIX = "tag:yaml.org,2002:"
_SCALARS = {_PREFIX + name for name in ("str", "int", "float", "bool", "null", "timestamp")}
_TEXT = _PREFIX + "str"
_MERGE = _PREFIX + "merge"
# Aliases are expanded, so a few lines of YAML can stand for billions of values ("billion laughs").
_MOST_VALUES = 100_000
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class DocumentFault:
    """What is wrong with a document's text, and where. `whole`: nothing in the document can be used."""

    path: Path
    line: int
    message: str
    fix: str
    whole: bool = False
    column: int = 0


@dataclass(slots=True)
class Document:
    """The data of a file, the line and column of each of its paths, and the faults found while reading it."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    columns: dict[Path, int] = field(default_factory=dict)
    faults: list[DocumentFault] = field(default_factory=list)

    def line_of(self, path: Path) -> int:
        """Return the line of this path, or of its longest part that exists. The first line is 1."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def column_of(self, path: Path) -> int:
        """Return the column of this path, or of its longest part that exists. The first column is 1."""
        while path and path not in self.columns:
            path = path[:-1]
        return self.columns.get(path, 1)


class _TooMuch(Exception):
    """The document is larger than settings can be."""


def read_document(text: str) -> Document:
    """Read YAML. Never raises: what is wrong is in `faults`."""
    document = Document()
    try:
        node = yaml.compose(text, Loader=_LOADER)
        if node is not None:
            document.data = _Builder(document).value(node, ())
    except yaml.YAMLError as error:
        document.faults.append(_syntax_fault(text, error))
    except (_TooMuch, RecursionError):
        message = f"is too large: over {_MOST_VALUES} values once aliases are expanded, or nested too deeply"
        document.faults.append(
            DocumentFault(
                (), 1, message, "Settings are small: look for an alias that repeats too much.", whole=True
            )
        )
    return document


class _Builder:
    """Converts nodes to data, and counts every value."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._scalars = SafeConstructor()
        self._values = 0

    def value(self, node: Any, path: Path) -> Any:
        self._values += 1
        if self._values > _MOST_VALUES or len(path) > _DEEPEST:
            raise _TooMuch
        self._document.lines.setdefault(path, node.start_mark.line + 1)
        self._document.columns.setdefault(path, node.start_mark.column + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: list[yaml.MappingNode] = []
        for key, value in node.value:
            if key.tag == _MERGE:
                merged += self._merged(value, path)
            elif name := self._key(key, own, path):
                self._document.lines.setdefault((*path, name), key.start_mark.line + 1)
                self._document.columns.setdefault((*path, name), key.start_mark.column + 1)
                own[name] = self.value(value, (*path, name))
        for defaults in merged:
            self._values += 1
            inherited = self._mapping(defaults, path)
            own = {**inherited, **own}
        return own

    def _merged(self, node: Any, path: Path) -> list[yaml.MappingNode]:
        """Return the mappings that `<<` names. The mapping's own keys win over theirs."""
        self._values += 1
        if self._values > _MOST_VALUES:
            raise _TooMuch
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not all(isinstance(item, yaml.MappingNode) for item in nodes):
            self._fault(
                path,
                node,
                "<< needs a mapping",
                "Write '<<: *name' where &name marks a mapping.",
            )
            return []
        return list(nodes)

    def _key(self, key: Any, own: dict[str, Any], path: Path) -> str:
        """Return the key as written: `on` and `1` are names here, not a boolean and a number."""
        if not isinstance(key, yaml.ScalarNode) or not key.value:
            self._fault(path, key, "the name before a colon must be plain text", "Write 'name: value'.")
            return ""
        name = str(key.value)
        if name in own:
            first = self._document.lines[(*path, name)]
            message = f"is set twice (first in line {first})"
            self._fault((*path, name), key, message, "Keep one of them; YAML would silently use the last.")
            return ""
        return name

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        if node.tag == _TEXT:
            return node.value
        if node.tag not in _SCALARS:
            self._fault(
                path, node, f"has the tag {node.tag}, which settings do not support", "Remove the tag."
            )
            return None
        try:
            return self._scalars.construct_object(node)
        except (ConstructorError, ValueError, OverflowError) as error:
            self._fault(
                path, node, f"cannot be read: {error}", "Correct it, or put it in quotes if it is text."
            )
            return None

    def _fault(self, path: Path, node: Any, message: str, fix: str) -> None:
        mark = node.start_mark
        self._document.faults.append(DocumentFault(path, mark.line + 1, message, fix, column=mark.column + 1))


def _syntax_fault(text: str, error: yaml.YAMLError) -> DocumentFault:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = getattr(error, "position", None)
    line = mark.line + 1 if mark else text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    context = getattr(error, "context", None)
    message = f"is not valid YAML: {problem}" + (f" ({context})" if context else "")
    column = mark.column + 1 if mark else 0
    return DocumentFault((), line, message, _syntax_fix(text, line, str(context)), whole=True, column=column)


def _syntax_fix(text: str, line: int, context: str) -> str:
    written = (text.splitlines() or [""])[min(line, len(text.splitlines()) or 1) - 1]
    if "\t" in written:
        return "Indent with spaces: the line has a tab."
    if "alias" in context or ": *" in written:
        return "Put a value that begins with * in quotes."
    return "Check the indentation and the quotes of this line and of the one before it."
