"""Cartage's pages inside Airflow. Every route asks Airflow's auth manager; no page waits for a store or a warehouse."""
