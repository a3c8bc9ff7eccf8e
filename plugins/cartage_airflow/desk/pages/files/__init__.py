"""The files of a lane's warehouse, and those in quarantine."""
