"""What the store or the warehouse changed after an order was sent, and what is done about it."""
