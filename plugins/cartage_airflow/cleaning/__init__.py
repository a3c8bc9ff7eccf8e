"""Clean what Airflow keeps: its own database, and task logs. From a timer, never from a task."""
