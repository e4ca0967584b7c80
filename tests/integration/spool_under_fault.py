"""A gateway's writer of its own: spool over Kafka; appends what standard input says, one number a
line, and tells each that is safe. Arguments: URL of the log, file of the spool."""

import asyncio
import sys

from contracts.lead_logs import SpooledLeadLog, record


async def main() -> None:
    writer = await SpooledLeadLog(sys.argv[1], sys.argv[2]).writer()
    while line := await asyncio.to_thread(sys.stdin.readline):
        await writer.append([record(int(line))])
        print(f"safe {int(line)}", flush=True)  # noqa: T201 - how the test is told
    while writer.behind:  # noqa: ASYNC110 - the writer tells nobody
        await asyncio.sleep(0.05)
    await writer.close()


asyncio.run(main())
