"""Which stages of a lane have work in the ledger: a task without any is skipped, and starts no process."""
