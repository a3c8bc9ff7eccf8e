"""The lane with two warehouses."""

from __future__ import annotations

from tests.contract.routing.conftest import serve, two, west

__all__ = ["serve", "two", "west"]
