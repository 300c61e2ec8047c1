"""What happens to an archive in a story: a server whose past moves, apps that come and go, runs
that fail or are killed, restored backups."""

import os
import re
import signal
import sqlite3
import subprocess
import time
from datetime import datetime, timedelta, timezone

from tables import Wrong

ZONES = ["UTC", "Asia/Shanghai", "Asia/Kolkata"]
GENERATIONS = ["older", "current", "tokens", "newest"]
# Faults that leave refused buckets, gaps and failed apps, and that need no patience.
FAULTS = (
    "figure-string figure-null figure-nan figure-negative bucket-misaligned bucket-null"
    " bucket-twice bucket-contradicted series-null point-null envelope-502001"
).split()
# Texts that a script or a table could take for its own.
NAMES = [
    "O'Neil; DROP TABLE daily; --",
    "\\.",
    "\\N",
    'the "best" bot',
    "$$",
    "=1+1",
    "客服\\n机器人",
    "null",
    "😀 x",
    "ü",
]
TEXTS = NAMES + ["two\nlines\r\nand a\ttab", "\\.\n\\.", "a zero \0 byte", "x" * 5000, " ", ""]


class World:
    """A simulated server, a configuration and an archive in a folder."""

    def __init__(self, folder, almanac, simulate, random):
        self.folder, self.almanac, self.simulate = folder, almanac, simulate
        self.archive = os.path.join(folder, "almanac.db")
        self.configuration = os.path.join(folder, "almanac.yaml")
        self.seed = random.randrange(1, 1 << 32)
        self.apps = random.randint(3, 5)
        self.first = datetime(
            2026, random.randint(1, 12), random.randint(1, 28), tzinfo=timezone.utc
        )
        self.days = random.randint(20, 60)
        self.generation = random.choice(GENERATIONS)
        self.zone = random.choice(ZONES)
        self.renamed, self.away, self.options = {}, set(), []
        self.backups = 0
        self.last_seconds = 1.0
        server, _, _, found = self.serve([])
        server.kill()
        server.communicate()
        self.ids = [app for app, _ in found]

    # The server.

    def serve(self, options):
        """Starts the server as it is on this day, and says where it is and which apps it has."""
        into = os.path.join(self.folder, "server")
        server = subprocess.Popen(
            [self.simulate, "--apps", str(self.apps), "--days", str(self.days), "--now", self.now()]
            + ["--seed", str(self.seed), "--generation", self.generation, "--time-zone", self.zone]
            + ["--into", into, *self.options, *options],
            stderr=subprocess.PIPE,
            text=True,
        )
        line = server.stderr.readline()
        if not line.startswith("serving"):
            server.kill()
            raise Wrong(f"simulate does not start: {line}{server.stderr.read()}")
        with open(os.path.join(into, "almanac.yaml"), encoding="utf-8") as file:
            text = file.read()
        url = re.search(r"url: (.*)", text)[1]
        found = re.findall(r'id: (\w+), name: "(.*)"', text)
        return server, url, os.path.join(into, "fastgpt-api-key"), found

    def now(self, hour=9):
        return (self.first + timedelta(days=self.days, hours=hour)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def configure(self, url, key, apps):
        lines = [
            f"database: {self.archive}",
            "server:",
            f"  url: {url}",
            f"  api_key_file: {key}",
            f"  bucket_time_zone: {self.zone}",
            "collect: {requests_per_second: 1000, look_back: 10d, deep_every: 20d}",
            "apps:",
        ]
        for place, (app, name) in enumerate(apps):
            if place not in self.away:
                name = self.renamed.get(place, name).replace("'", "''")
                lines.append(f"  - {{id: {app}, name: '{name}'}}")
        with open(self.configuration, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    # Commands.

    def start(self, *arguments, **more):
        environment = {
            **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
            "ALMANAC_NOW": self.now(),
            **more.pop("environment", {}),
        }
        return subprocess.Popen(
            [self.almanac, *arguments],
            env=environment,
            cwd=self.folder,
            stdout=more.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            **more,
        )

    def run(self, *arguments, expected=(0,), **more):
        """Runs almanac to its end, and says what it printed and what it said."""
        process = self.start(*arguments, **more)
        try:
            printed, said = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Wrong(f"almanac {' '.join(arguments)} did not end within two minutes") from None
        if expected is not None and process.returncode not in expected:
            raise Wrong(
                f"almanac {' '.join(arguments)} ended with {process.returncode}: {said.decode()}"
            )
        return process.returncode, printed, said.decode()

    # What can happen.

    def collect(self, random, during=None):
        """A run a few days later, on a server that may fail; killed or watched by `during`."""
        self.days += random.choice([0, 1, 1, 2, 3, 5, 8])
        options = ["--lively"] if random.random() < 0.1 else []
        if random.random() < 0.4:
            first = random.randint(1, 8)
            place = f"#{first}-{first + random.randint(0, 12)}"
            options += ["--fault", f"{random.choice(FAULTS)}@{random.choice(self.ids)}{place}"]
        server, url, key, apps = self.serve(options)
        try:
            self.configure(url, key, apps)
            arguments = ["collect", "--quiet", "--config", self.configuration]
            arguments += random.choice([[], [], [], ["--deep"]])
            begin = time.monotonic()
            if during:
                process = self.start(*arguments)
                try:
                    during(process)
                finally:
                    process.kill() if process.poll() is None else None
                process.communicate()
                return f"{' '.join(options)}, ended with {process.returncode}"
            code, _, _ = self.run(*arguments, expected=(0, 1, 3, 69))
            self.last_seconds = time.monotonic() - begin
            return f"day {self.days} {' '.join(options)} ended with {code}"
        finally:
            server.kill()
            server.communicate()

    def kill_collect(self, random):
        """A run that is killed at any moment."""
        moment = random.uniform(0, self.last_seconds)

        def kill(process):
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)

        return f"after {moment:.2f} s: {self.collect(random, kill)}"

    def change_server(self, random):
        """From now on the server is another one: it forgets, cuts elsewhere, or is upgraded."""
        change = random.choice(["forget", "forget", "zone", "upgrade", "sources", "idle"])
        if change == "forget":
            self.options += ["--keeps-days", str(random.randint(10, 50))]
        elif change == "zone":
            self.zone = random.choice(ZONES)
            return f"zone {self.zone}"
        elif change == "upgrade":
            place = GENERATIONS.index(self.generation)
            self.generation = random.choice(GENERATIONS[place:])
            return self.generation
        elif change == "sources":
            self.options += ["--source", "api=team"]
        else:
            self.options += ["--forgets-idle", str(random.randint(10, 40))]
        return " ".join(self.options[-2:])

    def rename(self, random):
        place = random.randrange(self.apps)
        name = random.choice(NAMES)
        if name in self.renamed.values():
            return "nothing"
        self.renamed[place] = name
        return f"app {place} is {name}"

    def retire_or_return(self, random):
        place = random.randrange(self.apps)
        if place in self.away:
            self.away.remove(place)
            return f"app {place} returns"
        if len(self.away) < self.apps - 1:
            self.away.add(place)
            return f"app {place} is retired"
        return "nothing"

    def remove(self, random):
        apps = [row[0] for row in self.query("SELECT app_id FROM app ORDER BY app_id")]
        if not apps:
            return "nothing"
        app = random.choice(apps)
        code, _, _ = self.run(
            "remove", "--app", app, "--yes", "--database", self.archive, expected=(0,)
        )
        return f"app {app}, ended with {code}"

    def back_up(self, _):
        if not os.path.exists(self.archive):
            return "nothing"
        self.backups += 1
        self.run("backup", self.backup(self.backups), "--database", self.archive)
        return str(self.backups)

    def restore(self, random):
        if not self.backups:
            return "nothing"
        number = random.randint(1, self.backups)
        self.run("restore", self.backup(number), "--database", self.archive)
        return str(number)

    def begin_anew(self):
        """The archive is lost."""
        for side in ["", "-wal", "-shm", ".lock"]:
            if os.path.exists(self.archive + side):
                os.remove(self.archive + side)

    def annotate(self, random):
        if not os.path.exists(self.archive):
            return "nothing"
        day = random.choice(["2026-10-06", "1969-07-20", "2149-12-31", "2026-02-28"])
        text = random.choice(TEXTS)
        if random.random() < 0.2:
            change, values = (
                "DELETE FROM annotation WHERE id = (SELECT max(id) FROM annotation)",
                (),
            )
        else:
            change, values = (
                "INSERT INTO annotation (app, date, text)"
                " VALUES ((SELECT id FROM app WHERE random() % 2 ORDER BY random() LIMIT 1), ?, ?)",
                (day, text),
            )
        with sqlite3.connect(self.archive, timeout=10) as archive:
            archive.execute(change, values)
        archive.close()
        return f"{change.split()[0]} {day} {text[:20]!r}"

    def backup(self, number):
        return os.path.join(self.folder, f"backup-{number}.db")

    def query(self, sql, values=()):
        """Rows of the archive; none before there is one."""
        if not os.path.exists(self.archive):
            return []
        archive = sqlite3.connect(f"file:{self.archive}?mode=ro", uri=True, timeout=10)
        try:
            return archive.execute(sql, values).fetchall()
        finally:
            archive.close()
