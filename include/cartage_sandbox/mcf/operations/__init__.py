"""What happens to orders at Amazon: acceptance, planning, picking, shipping, cancelling."""
