"""What one try of a task changed."""
