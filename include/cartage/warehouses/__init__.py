"""Warehouses: the contract for connectors, a package per connector, and the registry."""
