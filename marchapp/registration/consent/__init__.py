"""Consent: asked of guardians, answered through their links or on paper, kept for ever."""
