"""The domain model: what a store sold, what a warehouse is to ship, and what stands in the way."""
