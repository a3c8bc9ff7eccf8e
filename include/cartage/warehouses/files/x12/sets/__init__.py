"""The meaning of each transaction set, as a function from its segments to values, or back."""
