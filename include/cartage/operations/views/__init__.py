"""Read models for desk and CLI that span capabilities. They stay fast however large the ledger is; no stage uses them.

Counts have a bound, and every list continues after the last row of the page before.
"""
