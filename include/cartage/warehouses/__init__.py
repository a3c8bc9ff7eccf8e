"""Warehouses: the contract that every connector keeps, one package per connector, and the registry."""
