"""Shipments, packages, and how far the warehouse was polled."""
