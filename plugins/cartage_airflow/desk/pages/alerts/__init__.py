"""The alerts of a lane."""
