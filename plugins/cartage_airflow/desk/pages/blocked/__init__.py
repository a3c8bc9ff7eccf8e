"""The causes that block a lane's orders."""
