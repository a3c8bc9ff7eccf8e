"""Commands that run the lane's work: one stage, backfill commands for gaps, and stock pushes."""
