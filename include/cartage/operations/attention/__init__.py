"""What needs a person, of all lanes, as one queue: read from the ledger, with what people noted about each entry."""
