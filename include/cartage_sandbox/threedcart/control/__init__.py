"""What tests do to the emulated store: seed it, edit it as a person would, and inspect it."""
