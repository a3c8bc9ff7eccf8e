"""Each history has a store and a warehouse of its own, and an empty ledger."""

from __future__ import annotations

from tests.contract.stages.conftest import closing, ledger_url, make_world, stages_ledger

__all__ = ["closing", "ledger_url", "make_world", "stages_ledger"]
