"""What an emulated ShipBob account holds."""
