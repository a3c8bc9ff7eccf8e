"""A lane at a glance."""
