"""What Cartage costs, measured: one module a measurement, a baseline beside it, numbers of one run.

It drives store, warehouse, PostgreSQL and Airflow as real processes, and refuses a number whose orders do not add up.
"""
