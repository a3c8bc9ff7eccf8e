"""The SQL of transfers, and of what a lane in shadow would send."""
