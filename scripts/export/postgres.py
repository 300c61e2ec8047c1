"""A PostgreSQL of its own: a folder, a socket in it, nothing on the network."""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import time
from urllib.parse import quote

# What another person's psql may bring along. None of it may change what a script does.
ODD_SETTINGS = {
    "PGCLIENTENCODING": "LATIN1",
    "PGOPTIONS": "-c datestyle=German,DMY -c standard_conforming_strings=off"
    " -c extra_float_digits=0 -c default_transaction_isolation=serializable",
}


def program(name):
    """Debian keeps what starts a server out of the PATH."""
    found = shutil.which(name) or max(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), default=None)
    if not found:
        raise SystemExit(
            f"check-export: error: there is no {name}\n"
            "  hint: scripts/set-up postgresql installs it"
        )
    return found


class PostgreSQL:
    """A server that runs until `stop`."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "postgresql")
        self.data = os.path.join(self.folder, "data")
        os.mkdir(self.folder)
        # The server refuses to run as root.
        self.user = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            os.chmod(folder, 0o755)
        self.process = None

    def start(self):
        with open(os.path.join(self.folder, "log"), "wb") as log:
            subprocess.run(
                [program("initdb"), "--pgdata", self.data, "--username", "almanac", "--no-sync"]
                + ["--auth", "trust", "--encoding", "UTF8", "--locale", "C"],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                check=True,
                **self.user,
            )
            self.process = subprocess.Popen(
                [program("postgres"), "-D", self.data, "-k", self.folder]
                + ["-c", "listen_addresses=", "-c", "fsync=off"],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                **self.user,
            )
        for _ in range(300):
            if self.psql("postgres", "SELECT 1").returncode == 0:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as log:
            raise SystemExit(f"check-export: error: PostgreSQL does not start: {log.read()}")

    def stop(self):
        """Ends the server at once; its data go with the folder."""
        if self.process:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(30)

    def address(self, database):
        return f"postgresql:///{database}?host={quote(self.folder, safe='')}&user=almanac"

    def command(self, database):
        return ["psql", "-X", "-Atq", "-v", "ON_ERROR_STOP=1", self.address(database)]

    def psql(self, database, script, environment=None):
        """Runs a script, and says what psql said. Rows are bare: no header, no frame."""
        return subprocess.run(
            self.command(database),
            input=script if isinstance(script, bytes) else script.encode(),
            env={**os.environ, **(environment or {})},
            capture_output=True,
            timeout=120,
            check=False,
        )

    def rows(self, database, query):
        """The rows of a query that must succeed, each as its texts."""
        ran = self.psql(database, query)
        if ran.returncode:
            raise SystemExit(f"check-export: error: {query}: {ran.stderr.decode()}")
        return [line.split("|") for line in ran.stdout.decode().splitlines()]
