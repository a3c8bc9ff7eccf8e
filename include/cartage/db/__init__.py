"""The ledger: Cartage's own PostgreSQL database, the record of every fulfillment order and every effect outside."""

from cartage.db.engine import Ledger, open_ledger

__all__ = ["Ledger", "open_ledger"]
