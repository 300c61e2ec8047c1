"""The public views of an archive, or the tables of a snapshot: their columns as docs/archive.md declares them, and
their rows as SQLite reads them. Every tool must read the same.
"""

import datetime
import functools
import pathlib
import re
import sqlite3

DOCUMENT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "archive.md"
BUCKETS = ["daily", "weekly", "monthly", "quarterly"]
VIEWS = [
    *BUCKETS,
    *(f"{view}_by_source" for view in BUCKETS),
    *("retention", "figures", "totals", "revisions", "gaps", "freshness", "metric_catalog", "annotations"),
]


@functools.cache
def declared_types(view):
    """The type that each column of a view declares, by its name, as the document has it."""
    for section in re.split(r"^### ", DOCUMENT.read_text(), flags=re.MULTILINE):
        if f"`{view}`" in section.splitlines()[0]:
            return dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", section, flags=re.MULTILINE))
    raise KeyError(f"{DOCUMENT} has no view {view}")


def connect(archive):
    """Opens an archive as a reader that may not write."""
    return sqlite3.connect(pathlib.Path(archive).absolute().as_uri() + "?mode=ro", uri=True)


@functools.cache
def expected_rows(archive, view):
    with connect(archive) as lite:
        return comparable(lite.execute(f'SELECT * FROM "{view}"'))


def comparable(rows):
    """The rows as texts in order, the same for every tool: 1 is not 1.0, and a date is its ISO form.

    Fractions have fifteen digits, since ODBC's driver hands over no more.
    """

    def text(value):
        if value is None:
            return "NULL"
        if isinstance(value, datetime.datetime):
            value = value.date() if value.time() == datetime.time() else value
        if isinstance(value, float):
            return f"{value:.14e}"
        return str(value)

    return sorted(tuple(text(value) for value in row) for row in rows)


def first_difference(archive, view, types, columns, read):
    """What is wrong with the columns (pairs of name and type) and the rows that a tool read; None if nothing is.

    `types` has the tool's type of each type that a column of ours declares.
    """
    wanted = [(name, types[kind]) for name, kind in declared_types(view).items()]
    for (name, kind), found in zip(wanted, columns):
        if (name, kind) != tuple(found):
            return f"the column {name} of type {kind} is wanted, and {found[0]} of type {found[1] or 'none'} is read"
    if len(wanted) != len(columns):
        return f"{len(wanted)} columns are documented, and {len(columns)} are read"
    here, there = expected_rows(archive, view), comparable(read)
    if here != there:
        odd = next((pair for pair in zip(here, there) if pair[0] != pair[1]), "more rows")
        return f"{len(here)} rows, and {len(there)} are read; the first that differ: {odd}"
    return None
