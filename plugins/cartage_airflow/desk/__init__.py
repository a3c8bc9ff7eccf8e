"""Cartage's pages inside Airflow. Every route asks Airflow's auth manager; none changes the ledger."""
