"""Commands that show which warehouse ships which orders, and what other rules would do."""
