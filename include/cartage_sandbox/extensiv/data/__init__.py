"""What the emulated warehouse holds: orders, items, stock, customers, facilities and carriers."""
