"""A job that a person started at the desk."""
