"""What was sent for an order, and what came back."""
