"""Statements of the reports: the facts of each order, the totals of each day, and what a report reads."""
