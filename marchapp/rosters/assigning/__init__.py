"""Walkers into groups, computed: people and groups in, a roster out; knows nothing of the web."""
