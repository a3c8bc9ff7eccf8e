"""The list of a lane's orders."""
