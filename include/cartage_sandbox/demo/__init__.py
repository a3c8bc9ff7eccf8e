"""`make demo`: the main job, shown. Orders flow from New to Shipped through a real Airflow, and are then checked."""
