"""What happens to orders and stock in an emulated ShipBob account."""
