"""What was posted, and each write to the store with its intent and outcome."""
