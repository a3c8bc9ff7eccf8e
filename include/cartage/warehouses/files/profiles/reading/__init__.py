"""Read what a warehouse sends, as a profile says: bytes, rows, and what they say about orders and stock."""
