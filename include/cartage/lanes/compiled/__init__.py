"""The lanes as they were last read, kept beside their file: validated once per change, and read by name."""
