"""What a lane has imported since its go-live, and the Airflow backfills that fill the gaps.

DAG files use `windows`, so nothing is imported here.
"""
