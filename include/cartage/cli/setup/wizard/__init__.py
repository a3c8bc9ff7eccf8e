"""The wizard behind `cartage init`: ask, test each value at once, and write a lane and its connections.

It only reads from store and warehouse, writes only files, and never shows a secret.
"""
