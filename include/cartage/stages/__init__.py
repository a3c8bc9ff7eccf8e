"""The stages: each moves every order that is ready for it, and returns counts. One module each, named as its task."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartage.stages.context import StageContext

STAGE_NAMES = (
    "import_orders",
    "validate_mappings",
    "blocked_orders",
    "transfer_to_warehouse",
    "mark_processing",
    "poll_tracking",
    "update_order_status",
)

StageFunction = Callable[["StageContext"], dict[str, int]]


def stage(name: str) -> StageFunction:
    """The stage of this name; its module is imported only now, so that DAG files stay light.

    Raises:
        KeyError: if there is no such stage.
    """
    if name not in STAGE_NAMES:
        raise KeyError(f"no stage {name!r}; stages are {', '.join(STAGE_NAMES)}")
    function: StageFunction = import_module(f"cartage.stages.{name}").run
    return function
