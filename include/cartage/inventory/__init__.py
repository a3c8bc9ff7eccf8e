"""Stock from the warehouse to the store."""
