"""The strongest that could be written: aiohttp, orjson, executemany, one transaction for everything.

Usage: strongest.py CONFIGURATION DATABASE FIRST LAST. Reads the days FIRST to LAST, UTC, of every app
into tables like almanac's, and believes what it is told.
"""

import asyncio
import re
import sqlite3
import sys
from operator import itemgetter

import aiohttp
import orjson

from tables import APP, CHAT, DAY, SOURCE, TABLES, USER, span

ADDRESS = "/api/proApi/core/app/logs/getChartData"
AT_ONCE = 8
user = itemgetter("userCount", "newUserCount", "retentionUserCount", "points")
chat = itemgetter("chatItemCount", "chatCount", "errorCount", "points")
feedback = itemgetter("goodFeedBackCount", "badFeedBackCount", "chatCount", "totalResponseTime")


async def main(configuration, database, first, last):
    text = open(configuration, encoding="utf-8").read()
    address = re.search(r"url: (\S+)", text)[1] + ADDRESS
    key = open(re.search(r"api_key_file: (\S+)", text)[1], encoding="utf-8").read()
    apps = sorted(re.findall(r"id: ([0-9a-f]{24})", text), reverse=True)
    archive = sqlite3.connect(database, isolation_level=None)
    archive.execute("PRAGMA journal_mode = WAL")
    archive.execute("PRAGMA synchronous = NORMAL")
    archive.execute("PRAGMA cache_size = -65536")
    archive.executescript(TABLES)
    archive.execute("BEGIN")
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def work():
            while apps:
                app = apps.pop()
                body = orjson.dumps({"appId": app, "offset": 1, **span(first, last)})
                async with session.post(address, data=body) as response:
                    write(archive, app, await response.read())

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    archive.execute("COMMIT")
    archive.close()


def write(archive, app, body):
    answer = orjson.loads(body)
    if answer["code"] != 200:
        raise SystemExit(answer["statusText"])
    data = answer["data"]
    archive.executemany(
        USER, [(app, point["timestamp"] // DAY, *user(point["summary"])) for point in data["userData"]])
    archive.executemany(
        CHAT, [(app, point["timestamp"] // DAY, *chat(point["summary"])) for point in data["chatData"]])
    archive.executemany(
        APP, [(app, point["timestamp"] // DAY, *feedback(point["summary"])) for point in data["appData"]])
    archive.executemany(
        SOURCE, sorted(
            (app, source, point["timestamp"] // DAY, users) for point in data["userData"]
            for source, users in point["summary"]["sourceCountMap"].items() if users))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
