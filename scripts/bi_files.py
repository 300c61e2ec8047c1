"""What the checks of bi/ share: how they fail and ask, and what every statement in bi/ must hold to."""

import pathlib
import re
import sqlite3
import sys

import public_views

BI = pathlib.Path(__file__).resolve().parent.parent / "bi"


class DeclaredDate(str):
    """A date that comes out of a column that is declared as one."""


sqlite3.register_converter("DATE", lambda text: DeclaredDate(text.decode()))


def fail(error):
    sys.exit(f"check-bi: error: {error}")


def ask(place, lite, sql, parameters=()):
    """The names of the columns, and the rows."""
    try:
        cursor = lite.execute(sql, parameters)
        return [column[0] for column in cursor.description], cursor.fetchall()
    except sqlite3.Error as error:
        fail(f"{place}: {error}")


def catalogue_of(archive):
    with public_views.connect(archive) as lite:
        return dict(
            lite.execute("SELECT metric, sql_expression FROM metric_catalog WHERE sql_expression IS NOT NULL")
        )


def bare(sql):
    """SQL without its comments, and with single spaces."""
    return " ".join(re.sub(r"--.*", "", sql).split())


def check_honesty(place, sql, catalogue):
    """Nothing is added or divided but by an expression of the catalogue under its metric's name."""
    sql = bare(sql)
    for metric, expression in sorted(catalogue.items(), key=lambda pair: -len(pair[1])):
        sql = sql.replace(f"{expression} AS {metric}", metric)
    sql = re.sub(r"\$__(from|to) / 1000", "", sql)
    # A count of rows says how much a sum holds, and the first instant or the last day is no figure.
    odd = re.sub(r"\b(COUNT|MIN|MAX)\((\*|\w+\.first_date|time|date|messages)\)", "", sql)
    for sign in (r"/", r"\bAVG\(", r"\bTOTAL\(", r"\bSUM\((?!messages\)|cohort_users\))", r"\b(MIN|MAX|COUNT)\("):
        if found := re.search(sign + r".{0,40}", odd, re.IGNORECASE):
            fail(f"{place}: `{found[0]}` is no expression of metric_catalog under its metric's name")
    if re.search(r"FROM \w*(daily|weekly|monthly|quarterly)", sql) and "state <> 'open'" not in sql:
        fail(f"{place}: the bucket that has not ended is not left out")
    if "FROM retention" in sql and not ("base" in sql and "offset" in sql and "grain = " in sql):
        fail(f"{place}: cohorts of several grains, offsets or bases are put together")
