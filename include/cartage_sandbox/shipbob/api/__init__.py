"""The endpoints of the emulated ShipBob API."""
