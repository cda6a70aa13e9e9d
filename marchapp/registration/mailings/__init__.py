"""Letters of the coordinators to many participants at once."""
