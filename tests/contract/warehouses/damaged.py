"""Single rows of the sandbox warehouse that are damaged in every response."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cartage_sandbox.extensiv.data.model import Order
from cartage_sandbox.extensiv.wire.resources import Resources

Damage = Callable[[dict[str, Any]], None]


@contextmanager
def damaged_order(order: Order, damage: Damage) -> Iterator[None]:
    """Damage an order."""
    with _damaged("order", lambda each: each is order, damage):
        yield


@contextmanager
def damaged_item(sku: str, damage: Damage) -> Iterator[None]:
    """Damage an item of the catalogue."""
    with _damaged("customer_item", lambda each: each.sku == sku, damage):
        yield


def no_list_of_lines(row: dict[str, Any]) -> None:
    """Leave nothing of an order's lines that can be read."""
    row["_embedded"] = "none"


@contextmanager
def _damaged(name: str, is_meant: Callable[[Any], bool], damage: Damage) -> Iterator[None]:
    shown = getattr(Resources, name)

    def damaged(self: Resources, each: Any, *details: Any) -> dict[str, Any]:
        row: dict[str, Any] = shown(self, each, *details)
        if is_meant(each):
            damage(row)
        return row

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Resources, name, damaged)
        yield
