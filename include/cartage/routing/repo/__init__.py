"""The orders that may be routed, and the stock that their routing sees."""
