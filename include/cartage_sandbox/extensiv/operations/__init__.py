"""What happens to orders in the warehouse: acceptance, packing, shipping, splitting, cancelling."""
