"""What an archive's public views and a target's public tables hold, in one form to be compared.

A row is a line: its values with tabs between them, escaped, `\\N` for none. Of a number with a
fraction the value counts, not how it is written.
"""

import re
import sqlite3
from collections import Counter

POSTGRESQL = {"TEXT": "text", "DATE": "date", "INTEGER": "bigint", "REAL": "double precision"}
CLICKHOUSE = {
    "TEXT": {"String"},
    "DATE": {"Date", "Date32"},
    "INTEGER": {"Int64"},
    "REAL": {"Float64"},
}
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
WRITTEN = {letter: f"\\{name}" for name, letter in ESCAPES.items()} | {"\\": "\\\\"}
KEYS = {
    "daily": "app_id date",
    "weekly": "app_id date",
    "monthly": "app_id date",
    "quarterly": "app_id date",
    "daily_by_source": "app_id source date",
    "weekly_by_source": "app_id source date",
    "monthly_by_source": "app_id source date",
    "quarterly_by_source": "app_id source date",
    "freshness": "app_id",
    "metric_catalog": "metric",
}
# Each is answered by the archive, too.
JOINS = [
    f"SELECT count(*) FROM {name} AS one JOIN {name} AS two ON "
    + " AND ".join(f"one.{column} = two.{column}" for column in key.split())
    for name, key in KEYS.items()
] + [
    "SELECT count(*) FROM daily AS one JOIN daily_by_source AS two"
    " ON one.app_id = two.app_id AND one.date = two.date",
    "SELECT count(*) FROM monthly AS one LEFT JOIN monthly_by_source AS two"
    " ON one.app_id = two.app_id AND one.date = two.date",
    "SELECT count(*), sum(one.cohort_users) FROM retention AS one JOIN daily AS two"
    " ON one.app_id = two.app_id AND one.date = two.date",
    "SELECT sum(two.messages), sum(two.users) FROM freshness AS one JOIN daily AS two"
    " ON one.app_id = two.app_id JOIN weekly AS three"
    " ON three.app_id = one.app_id AND three.date = two.date",
]


class Wrong(Exception):
    """Something that must not be."""


def archive_tables(path, kind="view"):
    """The public views of an archive: of each the columns with their types, and its rows.

    A snapshot has tables in their place.
    """
    archive = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    archive.execute("BEGIN")
    names = archive.execute(
        "SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'bucket_figures%'"
        " AND name NOT LIKE 'sqlite_%'",
        (kind,),
    )
    found = {}
    for (name,) in names.fetchall():
        columns = [row[1:3] for row in archive.execute(f"PRAGMA table_info({name})")]
        rows = archive.execute(f"SELECT * FROM {name}")
        found[name] = columns, Counter(map(line_of, rows))
    archive.close()
    return found


def archive_joins(path):
    archive = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    answers = [archive.execute(join).fetchone() for join in JOINS]
    archive.close()
    return answers


def line_of(row):
    return "\t".join([written(value) for value in row])


def written(value):
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value if "\\" not in value and value.isprintable() else escaped(value)
    # There is a zero below zero, and it is the same value.
    return repr(value + 0)


def parsed(text, columns):
    """The rows of a text of an engine, which may escape more or write numbers otherwise."""
    reals = [place for place, (_, kind) in enumerate(columns) if kind == "REAL"]
    return Counter(normal(line, reals) for line in text.split("\n")[:-1])


def normal(line, reals):
    has_escapes = "\\" in line.replace("\\N", "")
    if not reals and not has_escapes:
        return line
    values = line.split("\t")
    if has_escapes:
        values = [value if value == "\\N" else written(unescaped(value)) for value in values]
    for place in reals:
        if values[place] != "\\N":
            values[place] = written(float(values[place]))
    return "\t".join(values)


def escaped(text):
    return "".join(WRITTEN.get(letter, letter) for letter in text)


def unescaped(text):
    return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), text, flags=re.S)


def differences(expected, found):
    """What differs, in words: a line for each table."""
    lines = []
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            lines.append(f"{name} is not there")
        elif name not in expected:
            lines.append(f"{name} is there, and should not be")
        else:
            missing, surplus = expected[name] - found[name], found[name] - expected[name]
            if missing or surplus:
                lines.append(
                    f"{name}: {missing.total()} rows are missing, such as {sample(missing)}; "
                    f"{surplus.total()} are too many, such as {sample(surplus)}"
                )
    return lines


def sample(rows):
    return min(rows, default="none")[:300]
