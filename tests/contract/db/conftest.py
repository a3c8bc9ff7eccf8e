"""Ledgers of the tests' own: they replace the clock, migrate, and end sessions."""

from __future__ import annotations

import pytest


@pytest.fixture
def ledger_url(own_ledger_url: str) -> str:
    """The address of an empty ledger of this test's own."""
    return own_ledger_url
