"""Pure drawing: a portrait goes in, a picture comes out. Imports only `imaging` and `portrait.model`."""
