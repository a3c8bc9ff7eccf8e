"""Stock levels, open quantities, pushes, and pushes that wait for an approval."""
