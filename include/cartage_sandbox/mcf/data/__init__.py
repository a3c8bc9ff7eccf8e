"""What an emulated seller account holds."""
