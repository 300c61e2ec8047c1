#!/usr/bin/env python3
"""Asks an archive or a snapshot the questions of bi/sql with DuckDB, and prints each answer as CSV.

Usage: ask.py ARCHIVE [EXTENSION]. DuckDB fetches its extension for SQLite once; without a network, name
its file, which the package duckdb-extension-sqlite-scanner brings.
"""

import csv
import pathlib
import sys

import duckdb


def connect(archive, extension=None):
    """DuckDB with the views of the archive as its own; columns have their types, dates among them."""
    connection = duckdb.connect()
    if extension:
        connection.load_extension(extension)
    else:
        connection.install_extension("sqlite")
        connection.load_extension("sqlite")
    path = archive.replace("'", "''")
    connection.execute(f"ATTACH '{path}' AS archive (TYPE sqlite, READ_ONLY)")
    connection.execute("USE archive")
    return connection


def main():
    connection = connect(*sys.argv[1:])
    for question in sorted((pathlib.Path(__file__).parent.parent / "sql").glob("*.sql")):
        answer = connection.sql(question.read_text())
        print(f"# {question.stem}")
        rows = csv.writer(sys.stdout, lineterminator="\n")
        rows.writerow(answer.columns)
        rows.writerows(answer.fetchall())


if __name__ == "__main__":
    main()
