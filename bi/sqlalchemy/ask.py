#!/usr/bin/env python3
"""Asks an archive or a snapshot the questions of bi/sql with SQLAlchemy, and prints each answer as CSV.

Usage: ask.py ARCHIVE
"""

import csv
import pathlib
import sys

import sqlalchemy


def connect(archive):
    """An engine that reads the archive, and needs no right to write it."""
    return sqlalchemy.create_engine(f"sqlite:///{pathlib.Path(archive).absolute().as_uri()}?mode=ro&uri=true")


def reflect(engine, view):
    """A view as a table, whose columns have the types that they declare: its dates come as dates."""
    return sqlalchemy.Table(view, sqlalchemy.MetaData(), autoload_with=engine)


def fail(error, hint):
    sys.exit(f"ask.py: error: {error}\n  hint: {hint}")


def opened(archive):
    """A connection to the archive. What is none, or is not there, ends the program."""
    try:
        connection = connect(archive).connect()
        connection.execute(sqlalchemy.text("SELECT metric FROM metric_catalog"))
    except sqlalchemy.exc.DBAPIError as error:
        fail(f"{archive}: {error.orig}", "name an archive of almanac, or a snapshot, that is there and that you may read")
    return connection


def main():
    if len(sys.argv) != 2:
        fail("one file is wanted, an archive or a snapshot", "python ask.py ARCHIVE")
    with opened(sys.argv[1]) as connection:
        for question in sorted((pathlib.Path(__file__).parent.parent / "sql").glob("*.sql")):
            answer = connection.execute(sqlalchemy.text(question.read_text()))
            print(f"# {question.stem}")
            rows = csv.writer(sys.stdout, lineterminator="\n")
            rows.writerow(answer.keys())
            rows.writerows(answer)


if __name__ == "__main__":
    main()
