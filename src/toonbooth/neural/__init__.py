"""Styles drawn by somebody's network, beside ours: a manifest says how it is fed and who may use it."""
