"""What people look at: reads that stay fast however much the ledger holds. No stage relies on any of them.

Nothing here counts without a bound, and every list goes on from the last row of its page before.
"""
