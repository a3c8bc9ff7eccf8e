"""The wizard behind `cartage init`: asks, tests each answer at once, and writes a lane and its connections.

It reads the store and the warehouse and writes files alone; it changes nothing in either, and shows no secret.
"""
