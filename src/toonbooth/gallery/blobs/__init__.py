"""Stored bytes and their names."""
