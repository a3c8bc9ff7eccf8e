"""Edit the lanes file as a person would: the layout of all other lines stays, and the result is read again."""
