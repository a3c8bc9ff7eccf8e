"""The command line `cartage`. Commands parse options and print results; the engine does the work, without Airflow."""
