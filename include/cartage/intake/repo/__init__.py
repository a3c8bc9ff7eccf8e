"""The statements of intake: orders, sweeps and watches, and how far lists were read."""
