"""Faults under load, one module each: `python -m bench.faults` runs all, `… web_killed` one.

Each breaks something while people sign up over HTTP, mends it, and counts: what was acknowledged must be
stored, once, and written to, once. Each prints a JSON line for SQLite and one for PostgreSQL; its servers are
the bench's own, in a temporary folder, so that nothing else on the machine is broken.
"""
