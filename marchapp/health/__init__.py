"""Notes on health: who opens them, for which reason and for how long."""
