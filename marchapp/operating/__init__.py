"""Running the program: whether it is well, what it counts, what it logs, copies of its data."""
