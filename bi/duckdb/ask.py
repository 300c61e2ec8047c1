#!/usr/bin/env python3
"""Asks an archive or a snapshot the questions of bi/sql with DuckDB, and prints each answer as CSV.

Usage: ask.py ARCHIVE [EXTENSION]
EXTENSION is the file of DuckDB's extension for SQLite, sqlite_scanner.duckdb_extension, for this version of DuckDB.
Without it DuckDB fetches the extension, once. Where there is no network, the package duckdb-extension-sqlite-scanner
of PyPI brings the file, below the folder duckdb_extension_sqlite_scanner/extensions.
"""

import csv
import pathlib
import sys

import duckdb


def learn_sqlite(connection, extension=None):
    """Lets DuckDB read SQLite, by its extension."""
    if extension:
        connection.load_extension(extension)
    else:
        connection.install_extension("sqlite")
        connection.load_extension("sqlite")


def attach(connection, archive):
    """Makes the views of the archive DuckDB's own; columns have their types, dates among them."""
    path = archive.replace("'", "''")
    connection.execute(f"ATTACH '{path}' AS archive (TYPE sqlite, READ_ONLY)")
    connection.execute("USE archive")


def fail(error, hint):
    # What DuckDB says in further lines are suggestions.
    sys.exit(f"ask.py: error: {error.splitlines()[0]}\n  hint: {hint}")


def connect(archive, extension=None):
    """DuckDB on the archive. Where that cannot be, the program ends."""
    connection = duckdb.connect()
    try:
        learn_sqlite(connection, extension)
    except duckdb.Error as error:
        fail(f"DuckDB's extension for SQLite: {error}", "without a network, name its file: ask.py ARCHIVE EXTENSION")
    try:
        attach(connection, archive)
        connection.execute("SELECT metric FROM metric_catalog")
    except (duckdb.Error, RuntimeError) as error:
        fail(f"{archive}: {error}", "name an archive of almanac, or a snapshot, that is there and that you may read")
    return connection


def main():
    if not 2 <= len(sys.argv) <= 3:
        fail("one file is wanted, an archive or a snapshot", "python ask.py ARCHIVE [EXTENSION]")
    connection = connect(*sys.argv[1:])
    for question in sorted((pathlib.Path(__file__).parent.parent / "sql").glob("*.sql")):
        answer = connection.sql(question.read_text())
        print(f"# {question.stem}")
        rows = csv.writer(sys.stdout, lineterminator="\n")
        rows.writerow(answer.columns)
        rows.writerows(answer.fetchall())


if __name__ == "__main__":
    main()
