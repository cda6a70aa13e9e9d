"""Recordings of groups and how they compare with the planned route."""
