"""W16: an HTTP client on aiohttp. fetch.py URL N"""
import asyncio
import resource
import sys
import time

import aiohttp

CONNECTIONS = 64

def cpu():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime

async def main(url, n):
    left = n
    async def fetch_many(session):
        nonlocal left
        while left > 0:
            left -= 1
            async with session.get(url) as response:
                text = await response.text()
                assert response.status == 200 and text == 'Hello, World!'
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
        before, start = cpu(), time.monotonic()
        await asyncio.gather(*(fetch_many(session) for _ in range(CONNECTIONS)))
        print(f'asyncio w16 cpu_us_per_req {(cpu() - before) * 1e6 / n:.2f} us')
        print(f'asyncio w16 rps {n / (time.monotonic() - start):.0f} /s')

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
