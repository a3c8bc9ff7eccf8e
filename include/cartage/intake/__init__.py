"""Bring the store's orders into the ledger, and follow them there until they are sent."""
