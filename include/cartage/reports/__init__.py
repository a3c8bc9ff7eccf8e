"""Reports over days, weeks and months: throughput, times, the promise, causes, exceptions.

The rolled-up figures are derived from the ledger, kept up to date by the watchdog and by housekeeping, and can be
rebuilt at any time.
"""
