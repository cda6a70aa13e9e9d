"""Public pages of a march and its stages, and what coordinators set up: stages, planned routes, settings."""
