"""The emulated Extensiv API: the token endpoint, calls, and a module per resource."""
