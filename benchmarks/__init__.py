"""Benchmarks of Cartage, each next to a baseline: one module per benchmark.

Store, warehouse, PostgreSQL and Airflow are real processes. A benchmark whose orders do not add up has no result.
"""
