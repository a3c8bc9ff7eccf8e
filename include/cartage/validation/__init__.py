"""Decide whether an imported order can be sent, and say why if not: mappings, catalogue, checks and holds."""
