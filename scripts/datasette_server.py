"""Datasette, serving files at a port that the system chooses."""

import contextlib
import json
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.request

NAME = pathlib.Path(sys.argv[0]).name
# Nobody's proxy stands between this host and itself.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

# Every row in one page, however long it takes on a busy machine.
SETTINGS = {
    "max_returned_rows": "1000000",
    "sql_time_limit_ms": "60000",
    "facet_time_limit_ms": "60000",
    "suggest_facets": "off",
}


@contextlib.contextmanager
def serving(*arguments):
    """Gives a function that fetches the JSON of a path."""
    program = pathlib.Path(sys.executable).with_name("datasette")
    options = [option for setting in SETTINGS.items() for option in ("--setting", *setting)]
    server = subprocess.Popen(
        [program, "serve", "--port", "0", *options, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = []
        for line in server.stderr:
            said.append(line)
            if address := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                break
        else:
            sys.exit(f"{NAME}: error: datasette does not start: {''.join(said)}")

        def get(path):
            try:
                with OPENER.open(address[1] + path, timeout=60) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                sys.exit(f"{NAME}: error: datasette answers {path} with {error.code}: {error.read().decode()}")

        yield get
    finally:
        server.terminate()
        server.wait()
        server.stderr.close()
