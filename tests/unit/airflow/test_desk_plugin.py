"""How the plugin hands requests to the desk."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from cartage_airflow.desk import app as desk
from cartage_airflow.plugin import LazyDesk
from tests.event_loop import run_alone


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """The requests that reach the desk; as often as it is built, the list begins with an empty one."""
    seen: list[dict[str, Any]] = []

    def build() -> Any:
        seen.append({})

        async def serve(scope: dict[str, Any], _receive: object, _send: object) -> None:
            seen.append(scope)

        return serve

    monkeypatch.setattr(desk, "build_desk", build)
    gc.unfreeze()
    yield seen
    gc.unfreeze()


def ask(lazy: LazyDesk, path: str) -> None:
    async def nothing(*_message: object) -> Any:
        return {}

    run_alone(lazy({"type": "http", "path": path}, nothing, nothing))


class Loaded:
    """Something that Python's garbage collector knows."""


def is_collected(loaded: Loaded) -> bool:
    """Whether a collection would look at it; the collector lists what is frozen nowhere."""
    return any(known is loaded for known in gc.get_objects())


def test_the_desk_is_built_once_by_the_first_request(built: list[dict[str, Any]]) -> None:
    lazy = LazyDesk()
    assert built == []
    ask(lazy, "/home")
    ask(lazy, "/orders")
    assert [scope.get("path") for scope in built] == [None, "/home", "/orders"]


def test_what_is_loaded_when_the_desk_is_built_is_left_out_of_garbage_collection(
    built: list[dict[str, Any]],
) -> None:
    lazy, before = LazyDesk(), Loaded()
    assert is_collected(before)
    ask(lazy, "/home")
    assert not is_collected(before)
    later = Loaded()
    ask(lazy, "/home")
    assert is_collected(later), "it is frozen once, not with every request"
