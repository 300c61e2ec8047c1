"""A random story: an archive to which everything happens, and loads of it into other engines.

After every load that ended well, the target holds exactly what the archive's views do. After one
that was broken off, it holds exactly what it held before, or exactly that.
"""

import os
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from random import Random

from clickhouse_target import ALL_FAULTS, ClickHouseTarget
from file_target import FileTarget
from postgres_target import PostgresTarget
from tables import Wrong, archive_joins, archive_tables, differences, unescaped
from world import World

FIGURES = ["messages", "users", "points", "good_feedback", "response_seconds"]


@dataclass
class Hand:
    """What somebody does to one row of a target."""

    way: str
    table: str
    figure: str
    row: dict
    where: str
    month: str


class Story:
    """The steps of one seed. Each has random numbers of its own, so that it can be told alone."""

    def __init__(self, seed, steps, folder, almanac, simulate, postgres, clickhouse):
        self.seed, self.told = seed, []
        self.world = World(folder, almanac, simulate, Random(f"{seed}/world"))
        name = f"story_{os.path.basename(folder)}".replace("-", "_")
        postgres.rows("postgres", f'CREATE DATABASE "{name}"')
        self.postgres = [
            PostgresTarget(postgres, self.world, name, None),
            PostgresTarget(postgres, self.world, name, "facts"),
        ]
        self.clickhouse = ClickHouseTarget(clickhouse, self.world, name)
        self.files = FileTarget(self.world)
        self.plan = Random(f"{seed}/plan").choices(
            [step for step, _ in self.steps()], [weight for _, weight in self.steps()], k=steps
        )

    def steps(self):
        world = self.world
        return [
            (world.collect, 26),
            (world.kill_collect, 6),
            (world.change_server, 5),
            (world.rename, 4),
            (world.retire_or_return, 5),
            (world.remove, 4),
            (world.annotate, 5),
            (world.back_up, 4),
            (world.restore, 4),
            (self.begin_anew, 1),
            (self.load_postgres, 18),
            (self.load_twice, 3),
            (self.break_postgres, 12),
            (self.load_clickhouse, 10),
            (self.break_clickhouse, 14),
            (self.load_while_collecting, 4),
            (self.load_at_once, 1),
            (self.tamper_postgres, 2),
            (self.tamper_clickhouse, 2),
            (self.refuse_wrong_key, 1),
            (self.load_files, 3),
            (self.break_files, 3),
        ]

    def tell(self, places):
        """Goes through the steps at these places, and loads everything in the end."""
        self.step("begin", self.world.collect, Random(f"{self.seed}/begin"))
        for place in places:
            self.step(place, self.plan[place], Random(f"{self.seed}/{place}"))
        end = Random(f"{self.seed}/end")
        for target in self.postgres:
            self.step("end", partial(self.load, target), end)
            self.step("end", partial(self.verify, target), end)
        self.step("end", self.load_clickhouse, end)
        self.step("end", partial(self.verify, self.clickhouse), end)
        self.step("end", self.load_files, end)

    def break_every_request(self):
        """Breaks one load after another, each at its next request, until one has no more."""
        faults = Random(f"{self.seed}/faults").sample(ALL_FAULTS, len(ALL_FAULTS))
        self.step("begin", self.world.collect, Random(f"{self.seed}/begin"))
        self.step("begin", self.load_clickhouse, Random(f"{self.seed}/begin"))
        for more in ([], ["--whole"]):
            self.clickhouse.load(Random(self.seed), *more)
            for number in range(1, self.clickhouse.requests + 1):
                random = Random(f"{self.seed}/{more}/{number}")
                fault = faults[number % len(faults)]
                self.step(number, self.world.collect, random)
                self.step(
                    number,
                    partial(self.break_clickhouse, more=more, number=number, fault=fault),
                    random,
                )
                self.step(number, self.load_clickhouse, random)

    def step(self, place, step, random):
        name = getattr(step, "func", step).__name__
        self.told.append(f"{place} {name}")
        begin = time.monotonic()
        said = step(random)
        seconds = time.monotonic() - begin
        self.told[-1] += f" ({seconds:.1f} s): {' '.join(str(said).split())[:300]}"

    # Loads.

    def views(self):
        return archive_tables(self.world.archive)

    def must_equal(self, target, views):
        lines = differences(target.expected(views), target.tables(views))
        if lines:
            raise Wrong(
                f"{target.name} differs after a load that ended well:\n  " + "\n  ".join(lines)
            )

    def verify(self, target, random):
        holds, said = target.verify(random)
        if not holds:
            raise Wrong(f"{target.name}: --verify finds a difference where there is none: {said}")
        return "equal"

    def must_be_either(self, target, before, views, said):
        """The target shows what it showed before, or the archive."""
        now = target.tables(views)
        after = target.expected(views)
        # A first load makes one empty view after the other.
        if with_rows(now) == with_rows(before) and before.keys() <= now.keys():
            return f"{said}: as before"
        lines = differences(after, now)
        if not lines:
            return f"{said}: loaded"
        old = differences(before, now)
        raise Wrong(
            f"{target.name} shows something half after a load that was broken off ({said}):\n"
            "  to what it was before:\n    "
            + "\n    ".join(old)
            + "\n  to the archive:\n    "
            + "\n    ".join(lines)
        )

    def since(self, target, random):
        """Nothing for a whole load, else the run that the target has or an earlier one."""
        loaded = target.loaded()
        if loaded is None:
            return random.choice([None, None, None, 0])
        earlier = [
            row[0]
            for row in self.world.query(
                "SELECT id FROM run WHERE finished_at IS NOT NULL AND id < ? ORDER BY id", (loaded,)
            )
        ]
        return random.choice([None, loaded, loaded, loaded, random.choice(earlier or [loaded])])

    def load(self, target, random):
        run = self.since(target, random)
        said = target.load(random, run)
        self.must_equal(target, self.views())
        newest = (
            self.world.query("SELECT max(id) FROM run WHERE finished_at IS NOT NULL")[0][0] or 0
        )
        if target.loaded() != newest:
            raise Wrong(f"{target.name}: almanac_load says {target.loaded()}, the archive {newest}")
        return f"{target.name} since {run}: {said}"

    def load_postgres(self, random):
        target = random.choice(self.postgres)
        said = self.load(target, random)
        if random.random() < 0.3:
            self.verify(target, random)
        return said

    def load_twice(self, random):
        target = random.choice(self.postgres)
        said = self.load(target, random)
        self.load(target, random)
        self.load_clickhouse(random)
        self.load_clickhouse(random)
        return said

    def load_clickhouse(self, random):
        more = ["--whole"] if random.random() < 0.2 else []
        said = self.clickhouse.load(random, *more)
        self.must_equal(self.clickhouse, self.views())
        here, there = archive_joins(self.world.archive), self.clickhouse.joins()
        if here != there:
            raise Wrong(
                f"{self.clickhouse.name}: joins of views answer {there}, in the archive {here}"
            )
        if random.random() < 0.3:
            self.verify(self.clickhouse, random)
        return said

    def load_files(self, _):
        self.files.load()
        views = self.views()
        for form, _ in self.files.commands():
            expected = {name: rows for name, (_, rows) in views.items()}
            if form == "csv":
                expected = {name: without_empty_texts(rows) for name, rows in expected.items()}
            if lines := differences(expected, self.files.tables(form, views)):
                raise Wrong(f"{form} differs from the archive:\n  " + "\n  ".join(lines))
        self.files.must_be_tidy()
        return "equal"

    def break_files(self, random):
        return self.files.load_broken(random)

    def break_postgres(self, random):
        target = random.choice(self.postgres)
        views = self.views()
        before = target.tables(views)
        run = self.since(target, random)
        return self.must_be_either(target, before, views, target.load_broken(random, run))

    def break_clickhouse(self, random, more=(), number=None, fault=None):
        """A load of which one request fails, or during which almanac is killed."""
        views = self.views()
        before = self.clickhouse.tables(views)
        code, said = self.clickhouse.load_broken(
            random,
            number or random.randint(1, self.clickhouse.requests + 1),
            fault or random.choice(ALL_FAULTS),
            *more,
        )
        if code == 0:
            self.must_equal(self.clickhouse, views)
        return self.must_be_either(self.clickhouse, before, views, f"{said}, ended with {code}")

    def load_while_collecting(self, random):
        """Loads while a run is under way; what they missed comes with the next ones."""
        target = random.choice(self.postgres)
        said = []

        def load(_):
            said.append(target.load(random, target.loaded()))
            said.append(self.clickhouse.load(random))

        said.append(self.world.collect(random, load))
        said.append(self.load(target, random))
        return "; ".join([*said, self.load_clickhouse(random)])

    def load_at_once(self, random):
        """Two loads into ClickHouse at one time: one is done, the other too or is refused."""
        views = self.views()
        codes = self.clickhouse.load_at_once(random)
        if sorted(codes) not in ([0, 0], [0, 75]):
            raise Wrong(f"{self.clickhouse.name}: two loads at once ended with {codes}")
        self.must_equal(self.clickhouse, views)
        return f"ended with {codes}"

    # Other hands.

    def tamper_postgres(self, random):
        target = random.choice(self.postgres)
        self.load(target, random)
        hand = self.hand(random)
        target.tamper(hand)
        self.must_find(target.name, hand, *target.verify(random))
        target.load(random, None)
        self.must_equal(target, self.views())
        return f"{hand.way} a row of {hand.table}"

    def tamper_clickhouse(self, random):
        self.load_clickhouse(random)
        hand = self.hand(random)
        self.clickhouse.tamper(hand)
        self.must_find(self.clickhouse.name, hand, *self.clickhouse.verify(random))
        self.clickhouse.load(random, "--whole")
        self.must_equal(self.clickhouse, self.views())
        return f"{hand.way} a row of {hand.table}"

    def hand(self, random):
        """One row that somebody changes, deletes, or copies into another month."""
        views = self.views()
        table = random.choice(
            [
                name
                for name, (columns, rows) in views.items()
                if rows and "messages" in dict(columns)
            ]
        )
        columns, rows = views[table]
        values = random.choice(sorted(rows)).split("\t")
        row = dict(zip(dict(columns), map(unescaped, values)))
        where = " AND ".join(
            "{} = '{}'".format(name, row[name].replace("'", "''"))
            for name in ("app_id", "source", "date")
            if name in row
        )
        way = random.choice(["change", "delete", "add"])
        month = row["date"][:7] if way != "add" else f"1999{row['date'][4:7]}"
        return Hand(way, table, random.choice(FIGURES), row, where, month)

    def must_find(self, name, hand, holds, said):
        app = hand.row["app_id"] in said or hand.row["app"] in said
        if holds or hand.table not in said or hand.month not in said or not app:
            raise Wrong(
                f"{name}: somebody's hand ({hand.way} {hand.figure} of {hand.table} where"
                f" {hand.where}, month {hand.month}) is not found by --verify: {said or 'equal'}"
            )

    def refuse_wrong_key(self, random):
        return self.clickhouse.load_with_wrong_key(random)

    def begin_anew(self, random):
        """The archive is lost; the next run makes another one."""
        self.world.begin_anew()
        return self.world.collect(random)


def without_empty_texts(rows):
    """The rows as a reader of CSV sees them, who cannot tell an empty text from an unknown one."""
    return Counter(
        "\t".join(value or "\\N" for value in line.split("\t")) for line in rows.elements()
    )


def with_rows(tables):
    return {name: rows for name, rows in tables.items() if rows}
