"""The lookout: ask stores and warehouses, cheaply and often, whether something is new, between two windows.

It starts runs, and does no run's work: what it overlooks, the next window finds.
"""
