"""Signing in, and who may guide or coordinate a march."""
