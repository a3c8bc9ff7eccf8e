"""What a lane has imported since its go-live, what it has not, and the backfills of Airflow that fill the rest.

`windows` is for DAG files too, hence nothing is imported here.
"""
