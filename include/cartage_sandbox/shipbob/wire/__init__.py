"""How an emulated ShipBob account shows what it holds."""
