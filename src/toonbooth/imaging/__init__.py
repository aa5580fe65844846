"""Pure image work over numpy arrays: codec, colour, geometry, filters. Imports nothing of ours."""
