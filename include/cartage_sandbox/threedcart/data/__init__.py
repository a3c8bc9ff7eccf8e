"""What the emulated store holds: orders and the lists that show them, products, statuses, credentials."""
