"""The routing rules of a lane: the orders that each took, and a form to try others."""
