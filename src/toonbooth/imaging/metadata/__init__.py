"""Taking out of a photo what is nobody's business: place, time, device, comments, hidden pictures and films.

Files are walked at the level of segments and chunks, so pixels stay as they are bit for bit; what is kept is
on a list, what isn't on it goes. No file is ever held in memory.
"""

from toonbooth.imaging.metadata.removal import remove_private_metadata

__all__ = ["remove_private_metadata"]
