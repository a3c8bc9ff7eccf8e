"""Cartage's pages inside Airflow. Every route asks Airflow's auth manager; none waits for a store or a warehouse."""
