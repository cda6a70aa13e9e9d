"""Signing up, and the list of participants."""
