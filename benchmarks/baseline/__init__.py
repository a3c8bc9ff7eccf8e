"""The baseline: the same job when nothing goes wrong. Not an example to follow."""
