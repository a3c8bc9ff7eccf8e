"""The ledger's schema, one step per release, forward only. `cartage.db.migrate` runs them."""
