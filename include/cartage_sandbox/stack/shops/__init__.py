"""Shops with warehouses of other vendors."""
