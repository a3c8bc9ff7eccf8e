"""One order, and the operator actions on it."""
