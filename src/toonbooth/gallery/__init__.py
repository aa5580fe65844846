"""SERVICE 1: keeps devices, originals, cartoons and downloaded faces."""
