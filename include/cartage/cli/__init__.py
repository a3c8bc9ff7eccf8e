"""The command line: `cartage ...`. Every command is a thin face on the engine, and works without Airflow."""
