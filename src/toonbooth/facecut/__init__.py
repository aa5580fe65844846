"""Pure cutting: a portrait goes in, a cut-out comes out. Imports only `imaging` and `portrait.model`."""
