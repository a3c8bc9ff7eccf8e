"""Operators: one for each stage of a lane, and those of the deployment's own DAGs."""
