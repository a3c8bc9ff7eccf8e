"""What every stage is given: the lane, its clients, the run and its window."""
