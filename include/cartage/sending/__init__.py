"""Send ready orders to the warehouse, at most once, and settle outcomes that nobody saw."""
