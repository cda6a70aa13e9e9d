"""Who crosses the border on a stage, with which papers, and how many were counted."""
