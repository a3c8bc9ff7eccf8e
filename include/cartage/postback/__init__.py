"""Postback."""
