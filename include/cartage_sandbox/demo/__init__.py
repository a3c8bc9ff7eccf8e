"""`make demo`: orders flow from New to Shipped through a real Airflow, and the result is checked."""
