"""The exceptions of a lane: orders that need a person's decision."""
