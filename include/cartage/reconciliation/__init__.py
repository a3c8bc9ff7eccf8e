"""Compare store, ledger and warehouse, and keep what differs until it is gone. Changes nothing by itself."""
