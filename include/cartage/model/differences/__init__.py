"""Differences between store, ledger and warehouse: their kinds, and their fixes."""
