"""What can be wrong with a neural style.

NeuralStyleError           this one style is left out, with one line in the log
├── ManifestError          its manifest isn't one, or asks for what may not be
└── NetworkError           its network cannot be opened, doesn't fit the manifest, or failed
ProviderMissingError       what the operator asked for isn't there: nothing starts
NobodyToDrawError          a network that draws faces was given a photo without any
"""


class NeuralStyleError(Exception):
    """The sentence says what is wrong with which file, in one line."""


class ManifestError(NeuralStyleError):
    pass


class NetworkError(NeuralStyleError):
    pass


class ProviderMissingError(Exception):
    """An execution provider was asked for by name and cannot be used."""


class NobodyToDrawError(Exception):
    """The style draws faces and the photo shows none."""
