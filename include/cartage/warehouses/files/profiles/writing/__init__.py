"""Write orders as a profile says."""
