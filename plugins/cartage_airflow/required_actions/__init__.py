"""Decisions that people make in Airflow's own Required Actions. Names only, because DAG files import this module."""

FAMILY = "required_actions"
ASK_TASK = "ask"
