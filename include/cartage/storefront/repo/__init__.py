"""What the ledger keeps of a store: its code, and its order statuses."""
