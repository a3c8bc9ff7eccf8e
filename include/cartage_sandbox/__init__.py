"""A faithful 3dcart and faithful warehouses to run against, with faults on demand. Imports nothing of Cartage."""
