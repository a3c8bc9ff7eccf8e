"""The paused push of a lane's stock, and its last pushes."""
