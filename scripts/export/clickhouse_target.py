"""Loads into ClickHouse: good ones and broken ones."""

import os
import subprocess

import clickhouse
from tables import CLICKHOUSE, JOINS, Wrong, parsed

KILLED = "almanac is killed"
ALL_FAULTS = [*clickhouse.FAULTS, KILLED]


class ClickHouseTarget:
    """A database, and what the story knows of it."""

    def __init__(self, server, world, database):
        self.server, self.world, self.database = server, world, database
        self.name = f"ClickHouse ({database})"
        self.requests = 20
        self.key_file = os.path.join(world.folder, "clickhouse-key")
        with open(self.key_file, "w", encoding="utf-8", opener=private) as file:
            file.write(server.key + "\n")
        server.rows(f"CREATE DATABASE {database}")

    def start(self, random, *more, key_file=None):
        """A load, its key from a file or from the environment."""
        arguments = ["export", "clickhouse", "--database", self.world.archive]
        arguments += ["--url", self.server.address(self.database), *more]
        if key_file or random.random() < 0.5:
            arguments += ["--user", self.server.user, "--key-file", key_file or self.key_file]
            return self.world.start(*arguments)
        return self.world.start(
            *arguments,
            environment={
                "CLICKHOUSE_USER": self.server.user,
                "CLICKHOUSE_PASSWORD": self.server.key,
            },
        )

    def run(self, random, *more, key_file=None):
        process = self.start(random, *more, key_file=key_file)
        try:
            printed, said = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Wrong(f"{self.name}: a load {more} did not end within two minutes") from None
        return process.returncode, printed.decode() + said.decode()

    # What it holds.

    def expected(self, views):
        return {name: rows for name, (_, rows) in views.items()}

    def tables(self, views):
        """The rows of each public view; types and order of columns are those of the archive."""
        there = {
            row[0]
            for row in self.server.rows(
                f"SELECT name FROM system.tables WHERE database = '{self.database}'"
            )
        }
        found = {}
        for name in views:
            if name in there:
                self.check_columns(name, views[name][0])
                found[name] = parsed(
                    self.text(f"SELECT * FROM {self.database}.{name}"), views[name][0]
                )
        return found

    def check_columns(self, name, columns):
        described = self.server.rows(f"DESCRIBE TABLE {self.database}.{name}")
        held = [
            (row[0], row[1].replace("Nullable(", "").replace("LowCardinality(", "").rstrip(")"))
            for row in described
        ]
        names = [column for column, _ in columns]
        if [column for column, _ in held] != names or any(
            kind not in CLICKHOUSE[wanted] for (_, kind), (_, wanted) in zip(held, columns)
        ):
            raise Wrong(f"{self.name}: {name} has {held}, and should have {columns}")

    def joins(self):
        """What the joins of views answer, as numbers."""
        with clickhouse.Session(self.server.path) as session:
            session.query(f"USE {self.database}")
            return [
                tuple(
                    None if value == "\\N" else int(value)
                    for value in session.query(join, "TabSeparated").bytes().decode().split()
                )
                for join in JOINS
            ]

    def text(self, query):
        return self.server.session.query(query, "TabSeparated").bytes().decode()

    # Loads.

    def load(self, random, *more):
        self.server.plan(None, None)
        code, said = self.run(random, *more)
        if code:
            raise Wrong(f"{self.name}: a load {more} ended with {code}: {said}")
        self.requests = self.server.count
        return f"{' '.join(more)} {self.requests} requests"

    def verify(self, random):
        """Whether archive and target are found equal, and what was said."""
        code, said = self.run(random, "--verify")
        return code == 0, said

    def load_broken(self, random, number, fault, *more):
        """A load that meets a fault at a request: its exit code, and what happened."""
        kills = fault in (KILLED, clickhouse.SILENT)
        process = None

        def strike():
            process.kill()

        self.server.plan(number, None if fault == KILLED else fault, strike if kills else None)
        process = self.start(random, *more)
        try:
            _, said = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Wrong(f"{self.name}: a load did not end although {fault}") from None
        finally:
            self.server.released.set()
        if self.server.count < number:
            fault = "nothing happens, since there were fewer requests"
            self.requests = self.server.count
        return (
            process.returncode,
            f"request {number} ({self.server.struck}): {fault}: {said.decode().strip()}",
        )

    def load_at_once(self, random):
        self.server.plan(None, None)
        processes = [self.start(random) for _ in range(2)]
        for process in processes:
            process.communicate(timeout=120)
        return [process.returncode for process in processes]

    def load_with_wrong_key(self, random):
        """A load that is refused."""
        path = os.path.join(self.world.folder, "wrong-key")
        with open(path, "w", encoding="utf-8", opener=private) as file:
            file.write("not-the-key\n")
        code, said = self.run(random, key_file=path)
        if code == 0 or "not-the-key" in said or self.server.key in said:
            raise Wrong(f"{self.name}: a load with a wrong key ended with {code}: {said}")
        return said.strip()

    # Somebody else's hand.

    def tamper(self, hand):
        """Lets somebody change, delete or add one row."""
        table = f"{self.database}.almanac_{hand.table}"
        change = {
            "change": f"ALTER TABLE {table} UPDATE {hand.figure} = coalesce({hand.figure}, 0) + 1"
            f" WHERE {hand.where} SETTINGS mutations_sync = 2",
            "delete": f"ALTER TABLE {table} DELETE WHERE {hand.where} SETTINGS mutations_sync = 2",
            "add": f"INSERT INTO {table} SELECT * REPLACE (toDate32('{hand.month}-01') AS date)"
            f" FROM (SELECT * FROM {table} FINAL WHERE {hand.where})",
        }
        self.server.rows(change[hand.way])


def private(path, flags):
    return os.open(path, flags, 0o600)
