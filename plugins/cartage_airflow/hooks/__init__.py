"""Hooks: from an Airflow connection to validated settings and the engine's client."""
