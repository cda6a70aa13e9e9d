"""Looks at every page as a browser shows it: accessible to all, light, and whole at any size."""
