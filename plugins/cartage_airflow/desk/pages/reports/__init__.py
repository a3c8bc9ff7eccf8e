"""Throughput, times, the promise, causes and exceptions over days, weeks and months."""
