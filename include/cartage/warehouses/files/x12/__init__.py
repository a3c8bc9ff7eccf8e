"""X12 with a warehouse: 940 and 997 out; 945, 846, 944, 947 and 997 in. Pure, without I/O.

Sources: connectors.md, section 6, and the segment pages that each module names. What partners differ in is a setting.
"""
