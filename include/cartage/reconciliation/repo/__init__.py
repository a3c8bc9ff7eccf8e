"""SQL of the reconciliation."""
