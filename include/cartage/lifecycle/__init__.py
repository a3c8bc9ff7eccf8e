"""The life of a fulfillment order: states, transitions, claims, events, causes, exceptions and quarantine.

These modules are the only writers of what they describe; each holds the SQL of its tables.
"""
