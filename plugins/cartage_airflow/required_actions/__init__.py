"""What waits for a person, as questions in Airflow's own Required Actions. Names only: DAG files import it."""

FAMILY = "required_actions"
ASK_TASK = "ask"
