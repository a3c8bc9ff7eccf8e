"""Operators: one for each stage."""
