"""What Grafana's plugin frser-sqlite-datasource makes of bi/grafana, by what its README, its FAQ and its source say."""

import itertools
import json
import re
import sqlite3
import urllib.parse

import yaml

from bi_files import BI, DeclaredDate, ask, check_honesty, fail


def fill_grafana(place, sql, variables):
    """Replaces variables as Grafana does, before the plugin sees the query.

    A variable of texts must have the format `sqlstring`, which doubles quotes as SQLite wants it. The plugin knows
    two macros of its own; none is needed here, so any other is refused.
    """
    for name, values in variables.items():
        texts = ",".join("'" + value.replace("'", "''") + "'" for value in values)
        sql = sql.replace("${%s:sqlstring}" % name, texts)
    sql = sql.replace("$__from", "0").replace("$__to", str(4102444800000))
    if left := re.search(r"\$\w+|\$\{[^}]*\}|\[\[", sql):
        fail(f"{place}: nobody replaces {left[0]}")
    return sql


def check_frame(place, target, columns, rows):
    """What the plugin makes of the rows is what the panel wants."""
    # Columns of these names become instants: of Unix seconds, or of RFC 3339. What is neither becomes NULL.
    for name in target["timeColumns"]:
        if name not in columns:
            fail(f"{place}: timeColumns has {name}, and the query has not")
        for value in (row[columns.index(name)] for row in rows):
            if isinstance(value, int) and 0 < value < 10**10 or value is None:
                continue
            if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", value):
                continue
            fail(f"{place}: {name} has {value!r}, which is neither Unix seconds nor RFC 3339")
    for n, name in enumerate(columns):
        kinds = {type(row[n]) for row in rows} - {type(None)}
        # The plugin's driver makes an instant of a declared date, which is shown as `2026-03-02 00:00:00 +0000 UTC`.
        if DeclaredDate in kinds:
            fail(f"{place}: {name} is a declared date; strftime('%Y-%m-%d', {name}) is a text")
        # An expression has no declared type: its first value decides for all.
        if len(kinds) > 1:
            fail(f"{place}: {name} has values of several types")
    if target["queryType"] == "time series":
        # Long rows become one series for each combination of their texts. They must come in order of time, and no
        # two may be of one series and instant.
        time = [row[columns.index("time")] for row in rows]
        if None in time or time != sorted(time):
            fail(f"{place}: the rows are not in order of time")
        texts = [n for n, name in enumerate(columns) if any(isinstance(row[n], str) for row in rows)]
        keys = [(moment, *(row[n] for n in texts)) for moment, row in zip(time, rows)]
        if len(set(keys)) != len(keys):
            fail(f"{place}: two rows are of one series and one instant")


def check_grafana(archives, catalogue):
    """Each query runs, and gives the panel what the plugin can read."""
    path = BI / "grafana" / "dashboard.json"
    dashboard = json.loads(path.read_text())
    (source,) = yaml.safe_load((BI / "grafana" / "datasource.yaml").read_text())["datasources"]
    known = {"path", "pathPrefix", "pathOptions", "attachLimit"}
    options = source["jsonData"]
    if source["type"] != "frser-sqlite-datasource" or not options.keys() <= known:
        fail(f"bi/grafana/datasource.yaml: the plugin reads {sorted(known)}, and nothing else")
    # Options take effect only behind `file:`, and these two are what a reader of an archive needs.
    if (options["pathPrefix"], options["pathOptions"], options["attachLimit"]) != ("file:", "mode=ro", 0):
        fail("bi/grafana/datasource.yaml: it does not open the archive as a reader, or lets a query open others")
    asks = re.findall(r'"datasource": {"type": "([^"]*)", "uid": "([^"]*)"}', json.dumps(dashboard))
    if set(asks) != {(source["type"], source["uid"]), ("grafana", "-- Grafana --")}:
        fail(f"{path}: it asks another data source than bi/grafana/datasource.yaml makes: {set(asks)}")
    (variable,) = dashboard["templating"]["list"]
    asked = [(annotation["name"], annotation["target"], None) for annotation in dashboard["annotations"]["list"][1:]]
    asked += [(panel["title"], target, panel) for panel in dashboard["panels"] for target in panel["targets"]]
    answered = dict.fromkeys((name for name, _, _ in asked), 0)
    for archive in archives:
        address = options["pathPrefix"] + urllib.parse.quote(archive) + "?" + options["pathOptions"]
        lite = sqlite3.connect(address, uri=True, detect_types=sqlite3.PARSE_DECLTYPES)
        columns, rows = ask(f"{path}: the variable {variable['name']}", lite, variable["query"])
        # A variable has a column for what is filled in and one for what is shown, and no other.
        if columns != ["__value", "__text"]:
            fail(f"{path}: the variable {variable['name']} needs the columns __value and __text")
        every = [row[0] for row in rows]
        for (name, target, panel), apps in itertools.product(asked, (every, every[:1])):
            place = f"{path}: {name}"
            if target["queryText"] != target["rawQueryText"] or target["queryType"] not in ("table", "time series"):
                fail(f"{place}: the editor and alerts must have the same query, of type `table` or `time series`")
            check_honesty(place, target["rawQueryText"], catalogue)
            sql = fill_grafana(place, target["rawQueryText"], {variable["name"]: apps})
            columns, rows = ask(place, lite, sql)
            check_frame(place, target, columns, rows)
            answered[name] += len(rows)
            if panel:
                check_panel(place, panel)
        lite.close()
    if empty := [name for name, count in answered.items() if count == 0]:
        fail(f"{path}: {empty} answer nothing for any of the files")
    return len(asked)


def check_panel(place, panel):
    """A panel draws nothing over a gap, stacks only what adds up, and reduces no ratio to a mean."""
    custom = panel["fieldConfig"]["defaults"].get("custom", {})
    if panel["type"] == "timeseries":
        lines = custom["drawStyle"] == "line"
        if custom["spanNulls"] is not False or lines and not custom.get("insertNulls"):
            fail(f"{place}: a line goes on over a gap")
        if "stacking" in custom and "users" in panel["targets"][0]["rawQueryText"]:
            fail(f"{place}: users are stacked, which adds them")
    if set(panel["options"].get("reduceOptions", {}).get("calcs", [])) - {"lastNotNull"}:
        fail(f"{place}: only the last value is one that was asked for")
