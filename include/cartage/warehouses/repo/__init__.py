"""What the ledger keeps of a warehouse: the catalogue of each account."""
