"""The emulated 3dcart API: authorisation, throttling, and a module per group of endpoints."""
