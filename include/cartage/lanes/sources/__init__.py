"""Where lane settings are written: one file, or a folder with a file for each merchant."""
