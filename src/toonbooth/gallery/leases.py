"""Leases: whoever works renews its own, and one that has run out means that its holder is gone."""

from datetime import timedelta
from typing import Final

LEASE: Final = timedelta(seconds=12)
RENEW_SECONDS: Final = 3.0
