"""Servers that some tests and benchmarks need beside PostgreSQL. They run programs of this machine."""
