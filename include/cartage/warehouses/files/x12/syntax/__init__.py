"""The syntax of X12, without the meaning of any set: separators, segments, envelopes, values, limits, and writing."""
