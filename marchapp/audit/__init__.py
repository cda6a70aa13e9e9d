"""The log of what was done, for coordinators to search."""
