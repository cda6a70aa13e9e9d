"""Files to take along: small ones made at once, larger ones by the worker while a page counts."""
