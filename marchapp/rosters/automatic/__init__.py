"""Automatic assignment: a roster is asked for, computed beside the worker, looked at, applied, taken back."""
