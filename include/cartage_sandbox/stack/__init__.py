"""Real servers for the demo, the tests and the benchmarks: an embedded PostgreSQL and Airflow's processes.

It needs no Docker, writes only to directories that it is given or creates, and leaves no process behind.
"""
