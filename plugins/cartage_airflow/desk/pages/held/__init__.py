"""The holds of a lane."""
