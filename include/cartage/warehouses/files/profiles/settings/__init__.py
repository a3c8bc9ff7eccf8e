"""The model of a profile: a module for each part of the file, and the types that they are made of."""
