"""Operators that call the APIs of stores and warehouses directly, for your own DAGs."""
