"""From an order on the wire to a `SalesOrder`."""
