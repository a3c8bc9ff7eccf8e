"""A faithful 3dcart and faithful warehouses to test against, with faults on demand. Imports nothing from Cartage."""
