"""The emulated APIs: how a call is admitted, and a module per resource."""
