"""A process that counts requests of somebody against a limit, as many as it is told; says how many passed."""

import asyncio
import sys

from toonbooth.gallery.database.transactions import open_database
from toonbooth.gallery.rate_limiting import share_limits
from toonbooth.gallery.signing import UrlSigner
from toonbooth.kit.rate_limits import TooManyRequestsError, read_limits


async def main(database_url: str, limit: str, requests: int) -> int:
    limits, passed = read_limits(limit), 0
    async with await open_database(database_url) as database:
        limiter = share_limits(database, UrlSigner([b"for tests"]))
        print("ready", flush=True)  # noqa: T201 - the protocol
        sys.stdin.readline()
        for _ in range(requests):
            try:
                await limiter.count(limits, "requests", "device", "somebody")
                passed += 1
            except TooManyRequestsError:
                await asyncio.sleep(0)
    return passed


if __name__ == "__main__":
    print(asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))  # noqa: T201 - the protocol
