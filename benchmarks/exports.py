"""Loads of an archive into PostgreSQL and ClickHouse, beside each engine's own bulk load of the same bytes.

Usage: benchmarks/exports.py ALMANAC ARCHIVE LATER, where LATER is the archive a day later. Needs PostgreSQL and
chdb; `make bench` sees to them.
"""

import contextlib
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from urllib.parse import quote

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scripts" / "export"))

from clickhouse import ClickHouse  # noqa: E402
from postgres import PostgreSQL  # noqa: E402

PLACE = re.compile(r"\\set almanac_place (\w+)")
COPIED = re.compile(r'COPY :"almanac_place" (\(.*\)) FROM STDIN;')


# Runs a command and says its seconds and its peak in KB. A process begins with the peak of the one that
# made it, so a small one makes it.
LAUNCH = """
import os, subprocess, sys, time
begin = time.monotonic()
process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
print(time.monotonic() - begin, usage.ru_maxrss, file=sys.stderr)
sys.exit(1 if status else 0)
"""


class Timed:
    """A command, its seconds and its peak in MB. Its output goes into a file or another command."""

    def __init__(self, command, output, **options):
        ran = subprocess.run(
            [sys.executable, "-c", LAUNCH, *command], stdout=output, stderr=subprocess.PIPE, text=True,
            check=False, **options)
        if ran.returncode != 0:
            sys.exit(f"benchmarks/exports.py: {command} failed: {ran.stderr}")
        wall, peak = ran.stderr.splitlines()[-1].split()
        self.wall, self.peak = float(wall), int(peak) / 1024


def postgresql(almanac, postgres, database, since=None):
    """Seconds of a load by the pipe that a user types, and the peak of almanac."""
    flags = [] if since is None else ["--since-run", str(since)]
    begin = time.monotonic()
    psql = subprocess.Popen(
        postgres.command("almanac"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    timed = Timed([almanac, "export", "postgresql", "--database", database, *flags], psql.stdin)
    psql.stdin.close()
    if psql.wait() != 0:
        sys.exit("benchmarks/exports.py: psql failed")
    return time.monotonic() - begin, timed.peak


def tables(script):
    """The definitions of a script, and the file, columns and rows of each table that it copies."""
    definitions, copies, rows, place = [], [], None, None
    with open(script, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            if rows is not None:
                if line == "\\.\n":
                    rows.close()
                    rows = None
                else:
                    rows.write(line)
            elif line.startswith(("CREATE TABLE IF NOT EXISTS", "CREATE TABLE ")):
                definitions.append(line)
            elif found := PLACE.match(line):
                # Before the other place, that for rows of a table that is not empty.
                place = place or found[1]
            elif found := COPIED.match(line):
                copies.append((place, found[1], f"{script}.{place}"))
                place = None
                rows = open(copies[-1][2], "w", encoding="utf-8", newline="\n")
            elif line.startswith("COPY "):
                rows = open(os.devnull, "w", encoding="utf-8")
    return definitions, copies


def copy(postgres, definitions, copies):
    """Seconds of PostgreSQL's COPY into tables with the same keys and indexes."""
    script = "".join(definitions)
    for name, _, _ in copies:
        if f'"{name}" (' in script and "PRIMARY KEY" in script and name != "revisions":
            if re.search(rf'EXISTS "{name}" \(.*"date" date NOT NULL', script):
                script += f'CREATE INDEX ON "{name}" (date);\n'
    script += "".join(
        f"\\copy \"{name}\" {columns} FROM '{file}'\n" for name, columns, file in copies)
    begin = time.monotonic()
    if postgres.psql("bulk", f"BEGIN;\n{script}COMMIT;\n").returncode != 0:
        sys.exit("benchmarks/exports.py: the bulk load into PostgreSQL failed")
    return time.monotonic() - begin


def post(server, query, body=None, length=None):
    address = server.address("bulk") + "&query=" + quote(query) + "&precise_float_parsing=1"
    request = urllib.request.Request(address, data=body or b"", method="POST", headers={
        "X-ClickHouse-User": server.user, "X-ClickHouse-Key": server.key,
        **({"Content-Length": str(length)} if length else {})})
    return urllib.request.urlopen(request).read()


def insert(server, definitions, copies):
    """Seconds of ClickHouse's INSERT into tables with the same keys."""
    types = {"text": "String", "date": "Date32", "bigint": "Int64", "double precision": "Float64"}
    for line in definitions:
        name, columns = re.match(r'CREATE TABLE IF NOT EXISTS "(\w+)" \((.*)\)', line).groups()
        key = re.search(r"PRIMARY KEY \((.*?)\)", columns)
        shape = re.findall(r'"(\w+)" (text|date|bigint|double precision)( NOT NULL)?', columns)
        declared = ", ".join(
            f'"{column}" ' + (types[kind] if needed and key else f"Nullable({types[kind]})")
            for column, kind, needed in shape)
        post(server, f'CREATE TABLE "{name}" ({declared}) ENGINE = MergeTree '
                     f"ORDER BY {f'({key[1]})' if key else 'tuple()'}")
    begin = time.monotonic()
    for name, columns, file in copies:
        if os.path.getsize(file):
            with open(file, "rb") as rows:
                post(server, f'INSERT INTO "{name}" {columns} FORMAT TabSeparated', rows,
                     os.path.getsize(file))
    return time.monotonic() - begin


def clickhouse(almanac, server, database):
    """Seconds of a load, and the peak of almanac."""
    timed = Timed(
        [almanac, "export", "clickhouse", "--url", server.address("almanac"), "--user", server.user,
         "--database", database], subprocess.DEVNULL,
        env=dict(os.environ, CLICKHOUSE_PASSWORD=server.key))
    return timed.wall, timed.peak


def show(name, seconds, peak=None, bulk=None):
    peak = f"{peak:>8.0f}" if peak else f"{'':>8}"
    ratio = f"{seconds / bulk:>9.2f}" if bulk else ""
    print(f"  {name:<44} {seconds:>8.2f} {peak} {ratio}", flush=True)


def measure(almanac, before, after):
    """Prints the table of loads: the whole of one archive, and what changed until it was the other."""
    with contextlib.closing(sqlite3.connect(before)) as archive:
        run = archive.execute("SELECT max(id) FROM run").fetchone()[0]
    with tempfile.TemporaryDirectory(prefix="almanac-exports-") as folder:
        # PostgreSQL's user reads what psql does not hand over.
        os.chmod(folder, 0o755)
        script = os.path.join(folder, "whole.sql")
        with open(script, "wb") as output:
            printed = Timed(
                [almanac, "export", "postgresql", "--database", before], output)
        definitions, copies = tables(script)
        size = sum(os.path.getsize(file) for _, _, file in copies) / 1e6
        print(f"  {'exports, seconds':<44} {'wall s':>8} {'peak MB':>8} {'to bulk':>9}")
        show(f"the script for psql ({size:.0f} MB of rows)", printed.wall, printed.peak)
        postgres = PostgreSQL(folder)
        postgres.start()
        try:
            for name in ("almanac", "bulk"):
                postgres.psql("postgres", f"CREATE DATABASE {name}")
            bulk = copy(postgres, definitions, copies)
            show("PostgreSQL: its own COPY of these rows", bulk)
            show("PostgreSQL, whole", *postgresql(almanac, postgres, before), bulk)
            show("PostgreSQL, a day later", *postgresql(almanac, postgres, after, run))
        finally:
            postgres.stop()
        server = ClickHouse(folder, "almanac", "key")
        try:
            for name in ("almanac", "bulk"):
                server.session.query(f"CREATE DATABASE {name}")
            bulk = insert(server, definitions, copies)
            show("ClickHouse: its own INSERT of these rows", bulk)
            show("ClickHouse, whole", *clickhouse(almanac, server, before), bulk)
            show("ClickHouse, a day later", *clickhouse(almanac, server, after))
        finally:
            server.stop()
        for name, words in ("snapshot", ["snapshot", "s.db"]), ("CSV", ["csv", "csv"]):
            timed = Timed(
                [almanac, "export", words[0], os.path.join(folder, words[1]), "--database", before],
                subprocess.DEVNULL)
            show(name, timed.wall, timed.peak)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    measure(*sys.argv[1:])


if __name__ == "__main__":
    main()
