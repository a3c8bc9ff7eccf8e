"""Commands about the files that are exchanged with a warehouse."""
