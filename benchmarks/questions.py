"""Questions to an archive, beside the sqlite3 shell on SQL that somebody wrote by hand over the views.

Usage: benchmarks/questions.py ALMANAC ARCHIVE, for an archive that benchmarks/decade wrote.
"""

import contextlib
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

NOW = "2026-06-10T02:30:00Z"

# What is asked, how, and the SQL for the same rows.
QUESTIONS = [
    ("one app's users, a year of days", "trend users --app {app} --last 365d",
     "SELECT date, users, state FROM daily WHERE app_id = '{app}' AND state <> 'open' "
     "AND date >= '2025-06-10'"),
    ("one app's messages by source, a year", "trend messages --app {app} --by source --last 365d",
     "SELECT source, date, messages, state FROM daily_by_source WHERE app_id = '{app}' "
     "AND state <> 'open' AND date >= '2025-06-10'"),
    ("all apps' messages, 30 days", "trend messages --last 30d",
     "SELECT date, SUM(messages), COUNT(messages) FROM daily WHERE state <> 'open' "
     "AND date >= '2026-05-11' GROUP BY date"),
    ("all apps' messages, every day", "trend messages --last 730d",
     "SELECT date, SUM(messages), COUNT(messages) FROM daily WHERE state <> 'open' GROUP BY date"),
    ("all apps' messages, 24 months", "trend messages --last 24m",
     "SELECT date, SUM(messages), COUNT(messages) FROM monthly WHERE state <> 'open' GROUP BY date"),
    ("the top ten of 30 days", "rank messages --top 10",
     "SELECT app, SUM(messages) AS messages FROM daily WHERE state <> 'open' "
     "AND date >= '2026-05-11' GROUP BY app_id ORDER BY 2 DESC LIMIT 10"),
]
# To ten years of a thousand apps.
DECADE = [
    ("all apps' messages, ten years of months", "trend messages --last 120m",
     "SELECT date, SUM(messages), COUNT(messages) FROM monthly WHERE state <> 'open' GROUP BY date"),
    QUESTIONS[5], QUESTIONS[1], QUESTIONS[0], QUESTIONS[2],
]
# What no short SQL answers.
ALONE = [
    ("summary of 7 days", "summary"),
    ("anomalies of 30 days", "anomalies"),
    ("anomalies of a year", "anomalies --last 365d"),
    ("messages as of a day", "trend messages --last 365d --as-of 2026-06-10"),
    ("messages by source, every day", "trend messages --by source --last 730d"),
    ("messages by app, every day", "trend messages --by app --last 730d"),
    ("the same as JSON Lines", "trend messages --by app --last 730d --format jsonl"),
]


def timed(command, rounds):
    """Median wall seconds and the highest peak in MB of some runs, after one that warms up."""
    walls, peaks = [], []
    environment = dict(os.environ, ALMANAC_NOW=NOW)
    for number in range(rounds + 1):
        with tempfile.TemporaryFile() as output:
            start = time.monotonic()
            process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, env=environment)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - start
            if status != 0:
                output.seek(0)
                sys.exit(f"benchmarks/run: {command} ended with {status}: {output.read().decode()}")
        if number > 0:
            walls.append(wall)
            peaks.append(usage.ru_maxrss / 1024)
    return statistics.median(walls), max(peaks)


def ask(almanac, database, app, asked=QUESTIONS, alone=ALONE, rounds=9):
    """Prints how long questions take, less the start of the program, beside the shell, less its own."""
    shell = shutil.which("sqlite3")
    start, _ = timed([almanac, "--version"], rounds)
    shell_start = timed([shell, database, "SELECT 1"], rounds)[0] if shell else None
    print(f"  {'questions, milliseconds':<40} {'almanac':>8} {'sqlite3':>8} {'ratio':>6} {'peak MB':>8}")
    for title, words, sql in asked + [(*each, None) for each in alone]:
        command = [almanac, *words.format(app=app).split(), "--database", database]
        wall, peak = timed(command, rounds)
        ours = wall - start
        peer, ratio = "", ""
        if shell and sql:
            theirs = timed([shell, database, sql.format(app=app)], min(rounds, 3))[0] - shell_start
            peer, ratio = f"{theirs * 1000:.1f}", f"{ours / theirs:.2f}"
        print(f"  {title:<40} {ours * 1000:>8.1f} {peer:>8} {ratio:>6} {peak:>8.0f}", flush=True)
    starts = f"almanac {start * 1000:.1f}" + (f", sqlite3 {shell_start * 1000:.1f}" if shell else "")
    print(f"  less their own start: {starts}")
    if not shell:
        print("  no sqlite3 shell here to compare with; its package is sqlite3 (Debian) or sqlite")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip().splitlines()[-1])
    _, almanac, database = sys.argv
    with contextlib.closing(sqlite3.connect(database)) as archive:
        app, = archive.execute("SELECT app_id FROM app WHERE id = 500 OR id = 1 ORDER BY id DESC").fetchone()
        apps, = archive.execute("SELECT count(*) FROM app").fetchone()
        rows = sum(
            archive.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("bucket", "user_fact", "chat_fact", "app_fact"))
    size = os.path.getsize(database)
    print(f"  {apps:,} apps, {rows:,} rows, {size / 1e9:.1f} GB, {size / rows:.0f} bytes a row")
    ask(almanac, database, app, DECADE, ALONE[:2], rounds=5)


if __name__ == "__main__":
    main()
