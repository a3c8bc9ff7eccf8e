"""SQL of monitoring: alerts and their deliveries, ages and counts of orders, personal data to redact."""
