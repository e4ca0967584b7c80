"""Appends records one after the other and says so after each: killed by the test that started it.

Arguments: those of `contracts.lead_logs.opened`.
"""

import asyncio
import sys
from itertools import count

from contracts.lead_logs import opened, record


async def main() -> None:
    writer = await opened(*sys.argv[1:]).writer()
    for number in count():
        await writer.append([record(number)])
        print(number, flush=True)  # noqa: T201 - how the test is told


asyncio.run(main())
