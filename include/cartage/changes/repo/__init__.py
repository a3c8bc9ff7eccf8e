"""The SQL of sent orders: their copies, and the decisions about them."""
