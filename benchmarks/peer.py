"""What somebody writes instead of almanac: days of each app into SQLite, a transaction per app.

Usage: peer.py CONFIGURATION DATABASE. Standard library only; keeps connections open; believes what it
is told.
"""

import http.client
import json
import re
import sqlite3
import sys
from datetime import datetime, timedelta, timezone
from urllib.parse import urlparse

NOW = datetime(2026, 6, 10, tzinfo=timezone.utc)


def main(configuration, database):
    text = open(configuration, encoding="utf-8").read()
    address = urlparse(re.search(r"url: (\S+)", text)[1])
    key = open(re.search(r"api_key_file: (\S+)", text)[1], encoding="utf-8").read()
    apps = re.findall(r"id: ([0-9a-f]{24})", text)
    connection = http.client.HTTPConnection(address.netloc)
    archive = sqlite3.connect(database)
    archive.execute(
        "CREATE TABLE day (app, time, users, new_users, retained, points, messages, chats, errors,"
        " good, bad, seconds, PRIMARY KEY (app, time))")
    archive.execute("CREATE TABLE source (app, time, source, users, PRIMARY KEY (app, time, source))")
    for app in apps:
        end = NOW + timedelta(days=1)
        for start in (end - timedelta(days=1098), end - timedelta(days=732), end - timedelta(days=366)):
            read(connection, key, archive, app, start, start + timedelta(days=366))
        archive.commit()


def read(connection, key, archive, app, start, end):
    body = json.dumps({
        "appId": app, "dateStart": stamp(start), "dateEnd": stamp(end - timedelta(milliseconds=1)),
        "offset": 1, "userTimespan": "day", "chatTimespan": "day", "appTimespan": "day"})
    connection.request(
        "POST", "/api/proApi/core/app/logs/getChartData", body,
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    if answer["code"] != 200:
        raise SystemExit(answer["statusText"])
    days = {}
    for series in ("userData", "chatData", "appData"):
        for point in answer["data"][series]:
            days.setdefault(point["timestamp"], {}).update(point["summary"])
    archive.executemany(
        "INSERT OR REPLACE INTO day VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(app, time, day.get("userCount"), day.get("newUserCount"), day.get("retentionUserCount"),
          day.get("points"), day.get("chatItemCount"), day.get("chatCount"), day.get("errorCount"),
          day.get("goodFeedBackCount"), day.get("badFeedBackCount"), day.get("totalResponseTime"))
         for time, day in days.items()])
    archive.executemany(
        "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?)",
        [(app, time, source, users) for time, day in days.items()
         for source, users in day.get("sourceCountMap", {}).items()])


def stamp(instant):
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    main(*sys.argv[1:])
