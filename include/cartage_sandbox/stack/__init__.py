"""Real servers for the demo, the tests and the benchmarks: an embedded PostgreSQL and Airflow's processes.

It needs no Docker, writes only into directories that it is given or makes, and leaves no process behind.
"""
