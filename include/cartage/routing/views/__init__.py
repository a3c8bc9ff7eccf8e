"""What desk and CLI show of routing: why an order goes where it goes, and what other rules would do. Read only."""
