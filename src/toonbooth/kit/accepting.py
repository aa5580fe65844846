"""What a client prefers, by the headers that say so."""


def read_weights(accept: str) -> dict[str, float]:
    """The media types of an `Accept` header, in lower case, each with its weight (RFC 9110, 12.5.1)."""
    weights = {}
    for entry in accept.split(",")[:32]:
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            weights[name] = float(weight)
        except ValueError:
            weights[name] = 0.0
    return weights
