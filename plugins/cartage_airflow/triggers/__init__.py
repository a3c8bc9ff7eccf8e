"""Triggers of deferrable sensors."""
