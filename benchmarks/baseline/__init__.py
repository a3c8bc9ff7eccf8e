"""What Cartage is compared with. It does the same job on a good day, and is no model."""
