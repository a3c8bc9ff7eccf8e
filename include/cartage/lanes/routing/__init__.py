"""Checks of a lane with several warehouses that its models cannot make, so that every mistake is reported at once."""
