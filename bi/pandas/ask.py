#!/usr/bin/env python3
"""Asks an archive or a snapshot the questions of bi/sql with pandas, and prints each answer as CSV.

Usage: ask.py ARCHIVE
"""

import pathlib
import sqlite3
import sys

import pandas

TYPES = {"TEXT": "string", "INTEGER": "Int64", "REAL": "Float64", "DATE": "datetime64[s]"}


def connect(archive):
    """Opens the archive as a reader, who needs no right to write it."""
    return sqlite3.connect(pathlib.Path(archive).absolute().as_uri() + "?mode=ro", uri=True)


def read_view(connection, view):
    """A view with the types that its columns declare.

    By itself, pandas makes text of dates, fractions of whole numbers with a NULL among them, and objects of
    what is NULL in every row.
    """
    declared = dict(connection.execute("SELECT name, type FROM pragma_table_info(?)", [view]))
    frame = pandas.read_sql_query(f'SELECT * FROM "{view}"', connection)
    return frame.astype({name: TYPES[kind] for name, kind in declared.items()})


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
        answer = pandas.read_sql_query(question.read_text(), connection, dtype_backend="numpy_nullable")
        print(f"# {question.stem}")
        answer.to_csv(sys.stdout, index=False)


if __name__ == "__main__":
    main()
