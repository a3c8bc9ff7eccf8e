"""Find and check profiles: those that come with Cartage, and a deployment's own beside its lanes file.

An own profile is `profiles/NAME.yaml` in the folder of the lanes file. Every mistake in it is found at once, with its
line and column. A profile may extend another one; then only what it says itself is its own mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cartage.errors import SettingsError
from cartage.lanes.document import Document, read_document
from cartage.lanes.mistakes import Mistake, SettingFinding, dotted, findings
from cartage.lanes.sources.places import PROFILES, lanes_path
from cartage.warehouses.files.profiles.settings.profile import PROFILE_NAME, CsvProfile

_BUILTIN = files("cartage.warehouses.files.profiles.builtin")
_NAME = re.compile(PROFILE_NAME)
_LARGEST_FILE = 500_000
_MOST_BASES = 10


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """A profile by its name: the profile, or every mistake in its file. `path` is empty for one of Cartage's own."""

    name: str
    path: Path | None
    profile: CsvProfile | None = None
    mistakes: list[Mistake] = field(default_factory=list)

    def mistake_lines(self) -> list[str]:
        """Return every mistake as `file:line:column: path: message. fix`."""
        return [mistake.text(self.path or f"{self.name} (built in)") for mistake in self.mistakes]


def profile_folder() -> Path:
    """Return the folder of this deployment's own profiles, whether it exists or not."""
    return lanes_path().parent / PROFILES


def builtin_names() -> list[str]:
    """Return the names of the profiles that come with Cartage."""
    return sorted(
        entry.name.removesuffix(".yaml") for entry in _BUILTIN.iterdir() if entry.name.endswith(".yaml")
    )


def profile_names(folder: Path | None = None) -> list[str]:
    """Return the names of all profiles: Cartage's, then those in the folder."""
    own = sorted(path.stem for path in (folder or profile_folder()).glob("*.yaml"))
    return [*builtin_names(), *(name for name in own if name not in builtin_names())]


def load_profile(name: str, folder: Path | None = None) -> ProfileFile:
    """Read and check a profile. Never raises: what is wrong is in `mistakes`."""
    return _load(name, folder or profile_folder())


def open_profile(name: str, folder: Path | None = None) -> CsvProfile:
    """Return the profile of this name.

    Raises:
        SettingsError: if there is none, or it has mistakes; it lists them all.
    """
    found = load_profile(name, folder)
    if found.profile is None:
        raise SettingsError(f"file profile {name!r}", found.mistake_lines())
    return found.profile


def profile_settings(name: str, folder: Path | None = None) -> Mapping[str, Any]:
    """Return the settings of a profile with those that it takes over, as they are written.

    Raises:
        SettingsError: if there is none, or it has mistakes; it lists them all.
    """
    found = _resolve(name, folder or profile_folder(), ())
    if found.settings is None:
        raise SettingsError(f"file profile {name!r}", found.file.mistake_lines())
    return found.settings


def _load(name: str, folder: Path) -> ProfileFile:
    return _resolve(name, folder, ()).file


@dataclass(frozen=True, slots=True)
class _Resolved:
    """A profile's file, and its settings with those of the profiles that it extends; None if they have mistakes."""

    file: ProfileFile
    settings: Mapping[str, Any] | None = None


def _resolve(name: str, folder: Path, extending: tuple[str, ...]) -> _Resolved:
    """Read a profile and what it extends. `extending` are the profiles that extend this one."""
    path = _own_path(name, folder)
    document, mistakes = _read(name, path, folder)
    if document is None:
        return _Resolved(ProfileFile(name, path, None, mistakes))
    settings: Mapping[str, Any] | None = document.data
    profile = None
    if isinstance(base := document.data.get("extends"), str):
        own = {key: value for key, value in document.data.items() if key != "extends"}
        inherited, wrong = _base(base, folder, (*extending, name))
        mistakes += [_at_extends(document, *text) for text in wrong]
        settings = None if inherited is None else merge_settings(inherited, own)
    if settings is not None:
        try:
            profile = CsvProfile.model_validate(settings)
        except ValidationError as error:
            known = {mistake.path for mistake in mistakes}
            found = [_mistake(document, finding) for finding in findings(error, CsvProfile)]
            mistakes += [mistake for mistake in found if mistake.path not in known]
    mistakes.sort(key=lambda mistake: (mistake.line, mistake.column))
    if mistakes:
        return _Resolved(ProfileFile(name, path, None, mistakes))
    return _Resolved(ProfileFile(name, path, profile), settings)


def _base(
    name: str, folder: Path, extending: tuple[str, ...]
) -> tuple[Mapping[str, Any] | None, list[tuple[str, str]]]:
    """Return the settings of a profile that is extended; or None, and what is wrong with it, with the fix."""
    if name in extending or len(extending) > _MOST_BASES:
        return None, [(f"extends itself: {' -> '.join([*extending, name])}", "Let one of them stand alone.")]
    base = _resolve(name, folder, extending)
    if base.settings is not None:
        return base.settings, []
    first = base.file.mistakes[0]
    if base.file.path is not None and not base.file.path.exists():
        return None, [(f"there is no profile {name!r}", first.fix)]
    return None, [(f"the profile {name!r} has mistakes", f"Correct it first: {first.text(base.file.path)}")]


def _own_path(name: str, folder: Path) -> Path | None:
    return None if name in builtin_names() else folder / f"{name}.yaml"


def _read(name: str, path: Path | None, folder: Path) -> tuple[Document | None, list[Mistake]]:
    """Return the document of a profile, or None and why it cannot be read."""
    text, mistake = _text(name, path, folder)
    if mistake is not None:
        return None, [mistake]
    document = read_document(text)
    mistakes = [
        Mistake(None, dotted(fault.path), fault.line, fault.message, fault.fix, fault.column)
        for fault in document.faults
    ]
    if any(fault.whole for fault in document.faults):
        return None, mistakes
    if not isinstance(document.data, dict):
        fix = "Write 'extends: plain', or the section 'orders:' with its settings indented under it."
        return None, [Mistake(None, "", 1, "must be a mapping: the settings of a profile", fix, 1)]
    shadowed = name in builtin_names() and (folder / f"{name}.yaml").exists()
    if shadowed:
        fix = f"Give the file in {folder} another name; it may say 'extends: {name}'."
        mistakes.append(Mistake(None, "", 1, f"{name!r} is a profile that comes with Cartage", fix))
    return document, mistakes


def _text(name: str, path: Path | None, folder: Path) -> tuple[str, Mistake | None]:
    if not _NAME.fullmatch(name):
        fix = "Use a-z, 0-9, _ and -, a letter first, at most 50 characters."
        return "", Mistake(None, "", 1, f"{name!r} cannot be the name of a profile", fix)
    if path is None:
        return (_BUILTIN / f"{name}.yaml").read_text(encoding="utf-8"), None
    line = 1
    try:
        if path.stat().st_size <= _LARGEST_FILE:
            return path.read_bytes().decode("utf-8-sig"), None
        what = f"is larger than {_LARGEST_FILE} bytes"
        fix = "Profiles are small: check that it is the right file."
    except FileNotFoundError:
        near = get_close_matches(name, profile_names(folder), n=1)
        what = "does not exist"
        fix = f"Did you mean {near[0]!r}?" if near else f"Profiles: {', '.join(profile_names(folder))}."
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        what, fix = "is not UTF-8 text", "Save it as UTF-8."
    except OSError as error:
        what, fix = f"cannot be read: {error.strerror}", "Check that it is a file that Cartage may read."
    return "", Mistake(None, "", line, what, fix)


def merge_settings(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the base's settings with its own in their place: mappings are merged, anything else replaces.

    null takes a setting of the base away.
    """
    merged = dict(base)
    for key, value in own.items():
        if value is None and key in base:
            del merged[key]
        elif isinstance(value, Mapping) and isinstance(inherited := merged.get(key), Mapping):
            merged[key] = merge_settings(inherited, value)
        else:
            merged[key] = value
    return merged


def _at_extends(document: Document, message: str, fix: str) -> Mistake:
    path = ("extends",)
    return Mistake(None, "extends", document.line_of(path), message, fix, document.column_of(path))


def _mistake(document: Document, finding: SettingFinding) -> Mistake:
    line, column = document.line_of(finding.path), document.column_of(finding.path)
    return Mistake(None, dotted(finding.path), line, finding.message, finding.fix, column)
