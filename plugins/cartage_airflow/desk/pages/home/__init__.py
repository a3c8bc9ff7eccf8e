"""All lanes at a glance, and one lane with the way of its orders."""
