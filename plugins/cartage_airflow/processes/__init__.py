"""The processes of Airflow that run tasks: what they load before they do."""
