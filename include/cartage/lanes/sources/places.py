"""Find the lanes of this deployment: the file `lanes.yaml`, or the files of the folder `lanes.d`. Read none of them."""

from __future__ import annotations

import os
from pathlib import Path

FILE_VARIABLE = "CARTAGE_LANES_FILE"
# The folder of a deployment's own file profiles, beside its lanes.
PROFILES = "profiles"
_FILE, _FOLDER = "lanes.yaml", "lanes.d"
_SUFFIXES = frozenset({".yaml", ".yml"})


def lanes_path() -> Path:
    """Return the path of this deployment's file or folder of lanes, whether it exists or not.

    `CARTAGE_LANES_FILE`; else `lanes.yaml` or `lanes.d` in the folder `config` beside the package `cartage` (a
    checkout, or an image that has `include/` in place); else in `$AIRFLOW_HOME/include/config`.
    """
    if named := os.environ.get(FILE_VARIABLE, "").strip():
        return Path(named).expanduser()
    folders = [Path(__file__).resolve().parents[3] / "config"]
    if home := os.environ.get("AIRFLOW_HOME"):
        folders.append(Path(home).expanduser() / "include" / "config")
    known = [folder / name for folder in folders for name in (_FILE, _FOLDER)]
    return next((path for path in known if path.exists()), folders[-1] / _FILE)


def is_folder(path: Path) -> bool:
    """Return whether this is a folder of files; one that does not exist yet is, if its name ends in `.d`."""
    return path.is_dir() or (path.suffix == ".d" and not path.exists())


def files_in(folder: Path) -> list[Path]:
    """Return the lanes files of a folder in the order of their names. Hidden files and folders in it are left out.

    Raises:
        OSError: if the folder cannot be read.
    """
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if _is_lanes_file(entry))
    return [folder / name for name in names]


def _is_lanes_file(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and Path(entry.name).suffix in _SUFFIXES and entry.is_file()


def unread_folder(path: Path) -> Path | None:
    """Return the folder `lanes.d` that nobody reads because `lanes.yaml` is beside it; None if there is none."""
    folder = path.with_name(_FOLDER)
    return folder if path.name == _FILE and folder.is_dir() else None
