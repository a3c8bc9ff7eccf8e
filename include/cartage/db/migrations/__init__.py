"""The ledger's schema, one step per release, forward only. `cartage.ledger.migrate` runs them."""
