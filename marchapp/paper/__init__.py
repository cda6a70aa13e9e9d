"""Printed papers: from what stands on them (frozen dataclasses, words and all) to the bytes of a PDF."""
