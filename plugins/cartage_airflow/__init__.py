"""The Airflow face of Cartage: hooks, operators, alarms, connection types, desk. No rule about orders."""
