"""Loads into PostgreSQL: whole ones and those since a run, good ones and broken ones."""

import re
import subprocess
from collections import Counter

from postgres import ODD_SETTINGS
from tables import POSTGRESQL, Wrong, parsed, unescaped, written

# Where a script is cut; the last bytes are where it could go wrong.
ENDS = ["anywhere", "anywhere", "near the end"]


class PostgresTarget:
    """A schema of a database, and what the story knows of it."""

    def __init__(self, server, world, database, schema):
        self.server, self.world = server, world
        self.database, self.schema = database, schema
        self.name = f"PostgreSQL ({database}, {schema or 'the first schema'})"

    def arguments(self, *more):
        return [
            "export",
            "postgresql",
            "--database",
            self.world.archive,
            *more,
            *(["--schema", self.schema] if self.schema else []),
        ]

    # What it holds.

    def expected(self, views):
        """The rows of the archive. PostgreSQL has no zero byte, and a note may have one."""
        expected = {name: rows for name, (_, rows) in views.items()}
        expected["annotations"] = Counter(
            without_zero(line) for line in expected["annotations"].elements()
        )
        return expected

    def place(self):
        return self.schema or "public"

    def loaded(self):
        """The newest run that it was loaded up to; None before the first load."""
        there = self.server.rows(
            self.database, f"SELECT to_regclass('{self.place()}.almanac_load') IS NOT NULL"
        )
        if there == [["f"]]:
            return None
        rows = self.server.rows(self.database, f"SELECT run FROM {self.place()}.almanac_load")
        if len(rows) != 1:
            raise Wrong(f"{self.name}: almanac_load has {len(rows)} rows")
        return int(rows[0][0])

    def tables(self, views):
        """The rows of each public table at one moment; types and order of columns are those of the
        views."""
        declared = {}
        for name, column, kind in self.server.rows(
            self.database,
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            f" WHERE table_schema = '{self.place()}' ORDER BY table_name, ordinal_position",
        ):
            declared.setdefault(name, []).append((column, kind))
        names = [name for name in views if name in declared]
        for name in names:
            wanted = [(column, POSTGRESQL[kind]) for column, kind in views[name][0]]
            if declared[name] != wanted:
                raise Wrong(f"{self.name}: {name} has {declared[name]}, and should have {wanted}")
        script = "SET client_encoding = 'UTF8';\nBEGIN ISOLATION LEVEL REPEATABLE READ;\n"
        for name in names:
            columns = ", ".join(f'"{column}"' for column, _ in views[name][0])
            select = f"SELECT {columns} FROM {self.place()}.{name}"
            script += f"\\echo \x01{name}\nCOPY ({select}) TO STDOUT;\n"
        ran = self.server.psql(self.database, script)
        if ran.returncode:
            raise Wrong(f"{self.name} cannot be read: {ran.stderr.decode()}")
        found = {}
        for part in ran.stdout.decode().split("\x01")[1:]:
            name, text = part.split("\n", 1)
            found[name] = parsed(text, views[name][0])
        return found

    # Good loads.

    def script(self, *more):
        """The script, or what almanac said in its place."""
        code, script, said = self.world.run(*self.arguments(*more), expected=None)
        return (script, None) if code == 0 else (None, said)

    def load(self, random, run):
        """Loads everything, or since a run. Where that is refused, runs what the refusal names."""
        settings = ODD_SETTINGS if random.random() < 0.3 else {}
        more = [] if run is None else ["--since-run", str(run)]
        for _ in range(3):
            script, said = self.script(*more)
            if script is not None:
                ran = self.server.psql(self.database, script, settings)
                if ran.returncode == 0:
                    return " ".join(more) or "whole"
                said = ran.stderr.decode()
            command = re.search(r"almanac export postgresql([^;`|\n]*)", said)
            if not command or not more:
                raise Wrong(f"{self.name}: a load ({more}) failed and names no command: {said}")
            words = command[1].split()
            if "--schema" in words:
                place = words.index("--schema")
                if words[place + 1] != self.schema:
                    raise Wrong(f"{self.name}: the command names another schema: {said}")
                del words[place : place + 2]
            more = words
        raise Wrong(f"{self.name}: every command that was named was refused: {said}")

    def verify(self, _):
        """Whether archive and target are found equal, and what was said."""
        script, said = self.script("--verify")
        if script is None:
            raise Wrong(f"almanac export postgresql --verify: {said}")
        ran = self.server.psql(self.database, script)
        return ran.returncode == 0, ran.stderr.decode()

    # Broken loads.

    def load_broken(self, random, run):
        """A load that is cut off, by the death of psql or of almanac, or by the pipe."""
        more = [] if run is None else ["--since-run", str(run)]
        script, said = self.script(*more)
        if script is None:
            return said.strip()
        near = random.choice(ENDS)
        size = (
            random.randrange(len(script))
            if near == "anywhere"
            else (max(0, len(script) - random.randrange(1, 600)))
        )
        way = random.choice(["psql is killed", "the pipe ends", "almanac is killed"])
        if way == "almanac is killed":
            self.kill_almanac(more, size)
        else:
            psql = subprocess.Popen(
                self.server.command(self.database),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                psql.stdin.write(script[:size])
                psql.stdin.flush()
                psql.kill() if way == "psql is killed" else None
                psql.stdin.close()
            except BrokenPipeError:
                pass
            psql.wait(60)
        return f"{' '.join(more)} {way} after {size} of {len(script)} bytes"

    def kill_almanac(self, more, size):
        """Pumps so many bytes from almanac to psql, and kills almanac."""
        almanac = self.world.start(*self.arguments(*more))
        psql = subprocess.Popen(
            self.server.command(self.database),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        left = size
        while left and (part := almanac.stdout.read1(min(left, 65536))):
            left -= len(part)
            try:
                psql.stdin.write(part)
            except BrokenPipeError:
                break
        almanac.kill()
        almanac.communicate()
        try:
            psql.stdin.close()
        except BrokenPipeError:
            pass
        psql.wait(60)

    # Somebody else's hand.

    def tamper(self, hand):
        """Lets somebody change, delete or add one row."""
        table = f"{self.place()}.{hand.table}"
        columns = ", ".join(hand.row)
        values = ", ".join(
            f"DATE '{hand.month}-01'" if name == "date" else name for name in hand.row
        )
        change = {
            "change": f"UPDATE {table} SET {hand.figure} = coalesce({hand.figure}, 0) + 1",
            "delete": f"DELETE FROM {table}",
            "add": f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table}",
        }
        self.server.rows(self.database, f"{change[hand.way]} WHERE {hand.where}")


def without_zero(line):
    values = line.split("\t")
    return "\t".join([*values[:-1], written(unescaped(values[-1]).replace("\0", "␀"))])
