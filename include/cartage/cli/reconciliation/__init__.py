"""Commands about the comparison of store, ledger and warehouse."""
