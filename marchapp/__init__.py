"""Registration and tracking for marches of several days."""
