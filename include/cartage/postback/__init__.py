"""Post back: the store's orders get their status and tracking, forward only."""
