"""What happened in all lanes, newest first: orders, decisions, mappings, alerts, jobs and files."""
