"""From the store's names to the warehouse's: ship methods, SKUs, and the validation that stands on both."""
