"""Shipments: poll the warehouse, and check quantities shipped against quantities ordered."""
