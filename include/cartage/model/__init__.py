"""The domain model: orders, requests, shipments, stock, statuses and exceptions, as plain values without I/O."""
