"""Hooks: from an Airflow connection or a lane to validated settings and the engine's clients."""
