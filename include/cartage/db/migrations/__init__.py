"""The migrations of the ledger's schema, forward only. `cartage.db.migrate` runs them."""
