"""What needs a person, of all lanes that the user may see."""
