"""Settings of a lane with several warehouses: the warehouses by name, and the rules that route lines to them."""
