"""The engine of Cartage: moves 3dcart orders to warehouses and brings tracking back. Imports no Airflow."""
