"""What somebody writes first: requests, json, upserts one by one, a transaction for each app.

Usage: plain.py CONFIGURATION DATABASE FIRST LAST. Reads the days FIRST to LAST, UTC, of every app into
tables like almanac's, and believes what it is told.
"""

import json
import re
import sqlite3
import sys

import requests

from tables import CHAT, APP, DAY, SOURCE, TABLES, USER, span

ADDRESS = "/api/proApi/core/app/logs/getChartData"


def main(configuration, database, first, last):
    text = open(configuration, encoding="utf-8").read()
    address = re.search(r"url: (\S+)", text)[1] + ADDRESS
    key = open(re.search(r"api_key_file: (\S+)", text)[1], encoding="utf-8").read()
    session = requests.Session()
    session.headers = {"Authorization": f"Bearer {key}"}
    archive = sqlite3.connect(database)
    archive.execute("PRAGMA journal_mode = WAL")
    archive.executescript(TABLES)
    for app in re.findall(r"id: ([0-9a-f]{24})", text):
        response = session.post(address, json={"appId": app, "offset": 1, **span(first, last)}, timeout=30)
        answer = json.loads(response.text)
        if answer["code"] != 200:
            raise SystemExit(answer["statusText"])
        for point in answer["data"]["userData"]:
            day, figures = point["timestamp"] // DAY, point["summary"]
            archive.execute(
                USER, (app, day, figures["userCount"], figures["newUserCount"],
                       figures["retentionUserCount"], figures["points"]))
            for source, users in figures["sourceCountMap"].items():
                if users:
                    archive.execute(SOURCE, (app, source, day, users))
        for point in answer["data"]["chatData"]:
            figures = point["summary"]
            archive.execute(
                CHAT, (app, point["timestamp"] // DAY, figures["chatItemCount"], figures["chatCount"],
                       figures["errorCount"], figures["points"]))
        for point in answer["data"]["appData"]:
            figures = point["summary"]
            archive.execute(
                APP, (app, point["timestamp"] // DAY, figures["goodFeedBackCount"],
                      figures["badFeedBackCount"], figures["chatCount"], figures["totalResponseTime"]))
        archive.commit()
    archive.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
