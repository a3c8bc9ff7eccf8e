"""Look up lanes by name, store or stock. What is asked for is built from the compiled lanes, the rest is not."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cartage.errors import SettingsError
from cartage.lanes.account import stock_key
from cartage.lanes.compiled.compiled_lanes import CompiledLanes, compile_lanes
from cartage.lanes.compiled.disk import keep, kept_texts
from cartage.lanes.compiled.notation import Damaged
from cartage.lanes.compiled.rules import rules_digest
from cartage.lanes.modes import Mode
from cartage.lanes.sources.places import PROFILES, lanes_path
from cartage.lanes.sources.texts import read_sources

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

T = TypeVar("T")


def valid_lanes(path: Path | None = None) -> list[Lane]:
    """Return every valid lane, in the order of the file. Never raises."""
    return _CACHE.ask(path, lambda found: found.lanes())


def lane_names(path: Path | None = None) -> list[str]:
    """Return the names of the valid lanes, in the order of the file, and build none of them. Never raises."""
    return _CACHE.ask(path, lambda found: found.names)


def find_lane(name: str, path: Path | None = None) -> Lane | None:
    """Return the valid lane of this name, or None. Never raises; reads no other lane."""
    return _CACHE.ask(path, lambda found: found.lane(name))


def get_lane(name: str, path: Path | None = None) -> Lane:
    """Return the valid lane of this name. Reads no other lane.

    Raises:
        SettingsError: if there is none; it names the lane's mistakes if the lane is in the file.
    """
    place = path or lanes_path()
    if (lane := find_lane(name, place)) is not None:
        return lane
    names, mistakes = _CACHE.ask(place, lambda found: (found.names, found.mistakes()))
    own = [mistake.text(place) for mistake in mistakes if mistake.lane in {name, None}]
    near = get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else f" Lanes: {', '.join(names) or 'none'}."
    raise SettingsError(f"lane {name!r}", own or [f"{place}: there is no such lane.{hint}"])


def raise_on_mistakes(path: Path | None = None) -> None:
    """Raise if the lanes have any mistake, so that `dags/lanes_check.py` shows it in Airflow as an import error.

    Raises:
        SettingsError: if there is any mistake; its text lists them all.
    """
    place = path or lanes_path()
    if found := _CACHE.ask(place, lambda found: found.mistakes()):
        raise SettingsError(str(place), [mistake.text(place) for mistake in found])


def lanes_on_store(connection: str) -> list[Lane]:
    """Return the lanes of the deployment whose store has this connection."""
    return _CACHE.ask(None, lambda found: found.lanes(lambda entry: entry.store == connection))


def lanes_on_warehouse(connection: str) -> list[Lane]:
    """Return the lanes of the deployment that have a warehouse with this connection."""
    return _CACHE.ask(None, lambda found: found.lanes(lambda entry: connection in entry.warehouses))


def lanes_sharing_stock(lane: Lane) -> list[Lane]:
    """Return the lanes of other stores that sell from the same stock; none if this lane pushes no stock.

    A lane with several warehouses shares the stock of any of them, one seen from a warehouse only that one's. Lanes in
    shadow are left out: the system that still sends their orders has placed them at the warehouse.
    """
    if lane.inventory is None:
        return []
    stocks, store = {*map(stock_key, lane.views())}, lane.store.connection
    sharing = _CACHE.ask(
        None,
        lambda found: found.lanes(lambda entry: entry.store != store and not stocks.isdisjoint(entry.stocks)),
    )
    return [other for other in sharing if other.mode is not Mode.SHADOW]


class _Cache:
    """The lanes that were last looked up, until their files change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[tuple[object, ...], CompiledLanes] | None = None

    def ask(self, path: Path | None, question: Callable[[CompiledLanes], T]) -> T:
        place = path or lanes_path()
        with self._lock:
            stamp = _stamp(place)
            if self._held is None or self._held[0] != stamp:
                self._held = (stamp, _open(place))
            try:
                return question(self._held[1])
            except Damaged:
                self._held = (stamp, _compile(place))
                return question(self._held[1])


_CACHE = _Cache()


def _open(path: Path) -> CompiledLanes:
    """Return the compiled lanes of what the files say now; those that are kept, if they are of that."""
    sources, earlier = read_sources(path), None
    rules = rules_digest(path)
    for text in kept_texts(path, rules):
        try:
            found = CompiledLanes(path, text)
        except Damaged:
            continue
        if found.is_of(sources):
            return found
        earlier = found
    try:
        text = compile_lanes(path, sources, earlier)
    except Damaged:
        text = compile_lanes(path, sources)
    keep(path, rules, text)
    return CompiledLanes(path, text)


def _compile(path: Path) -> CompiledLanes:
    """Return the lanes as the files say now, whatever is kept, and replace that."""
    text = compile_lanes(path, read_sources(path))
    keep(path, rules_digest(path), text)
    return CompiledLanes(path, text)


def _stamp(path: Path) -> tuple[object, ...]:
    """Return what changes when the files or the profiles beside them change, without reading any."""
    return (path, *_stamps(path), *_stamps(path.parent / PROFILES))


def _stamps(path: Path) -> Sequence[object]:
    try:
        if not path.is_dir():
            return [_times(path.stat())]
        with os.scandir(path) as entries:
            return sorted((entry.name, *_times(entry.stat())) for entry in entries if entry.name[0] != ".")
    except OSError as error:
        return [error.errno]


def _times(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_mtime_ns, status.st_size, status.st_ino
