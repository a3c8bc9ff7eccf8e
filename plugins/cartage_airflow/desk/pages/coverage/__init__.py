"""What a lane has imported, and the backfills that fill its gaps."""
