#!/usr/bin/env python3
"""Asks an archive or a snapshot the questions of bi/sql with polars, and prints each answer as CSV.

Usage: ask.py ARCHIVE
"""

import pathlib
import sqlite3
import sys

import polars

# SQLite hands over a date as text; `read_view` makes a date of it.
TYPES = {"TEXT": polars.String, "INTEGER": polars.Int64, "REAL": polars.Float64, "DATE": polars.String}


def connect(archive):
    """Opens the archive as a reader, who needs no right to write it."""
    return sqlite3.connect(pathlib.Path(archive).absolute().as_uri() + "?mode=ro", uri=True)


def read_view(connection, view):
    """A view with the types that its columns declare.

    By itself, polars makes text of dates, and guesses the type of a column from its first hundred rows, which
    may all be NULL.
    """
    declared = dict(connection.execute("SELECT name, type FROM pragma_table_info(?)", [view]))
    frame = polars.read_database(
        f'SELECT * FROM "{view}"',
        connection,
        schema_overrides={name: TYPES[kind] for name, kind in declared.items()},
    )
    dates = [name for name, kind in declared.items() if kind == "DATE"]
    return frame.with_columns(polars.col(dates).str.to_date())


def fail(error, hint):
    sys.exit(f"ask.py: error: {error}\n  hint: {hint}")


def main():
    if len(sys.argv) != 2:
        fail("one file is wanted, an archive or a snapshot", "python ask.py ARCHIVE")
    try:
        connection = connect(sys.argv[1])
        connection.execute("SELECT metric FROM metric_catalog")
    except sqlite3.Error as error:
        fail(f"{sys.argv[1]}: {error}", "name an archive of almanac, or a snapshot, that is there and that you may read")
    for question in sorted((pathlib.Path(__file__).parent.parent / "sql").glob("*.sql")):
        answer = polars.read_database(question.read_text(), connection, infer_schema_length=None)
        print(f"# {question.stem}")
        print(answer.write_csv(), end="")


if __name__ == "__main__":
    main()
