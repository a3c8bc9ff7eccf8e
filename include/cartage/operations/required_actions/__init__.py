"""Decisions from Airflow's Required Actions, carried out."""
