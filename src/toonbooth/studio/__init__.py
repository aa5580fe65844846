"""SERVICE 2: draws cartoons and cuts faces; keeps nothing."""
