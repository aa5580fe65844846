"""Measurements anyone can run: one module per claim."""
