"""Exports into files: a snapshot, CSV and JSON Lines with their manifests."""

import csv
import hashlib
import io
import json
import os
import time
from collections import Counter

from tables import Wrong, archive_tables, line_of


class FileTarget:
    """A folder that is exported into again and again."""

    def __init__(self, world):
        self.world = world
        self.snapshot = os.path.join(world.folder, "snapshot.db")
        self.folders = {form: os.path.join(world.folder, form) for form in ("csv", "jsonl")}
        self.name = "the files"

    def commands(self):
        return [("snapshot", self.snapshot), *self.folders.items()]

    def load(self):
        for form, place in self.commands():
            self.world.run("export", form, place, "--database", self.world.archive)

    def load_broken(self, random):
        """Kills an export at any moment, and says what of it there is."""
        form, place = random.choice(self.commands())
        moment = random.uniform(0, 0.6)
        process = self.world.start("export", form, place, "--database", self.world.archive)
        time.sleep(moment)
        process.kill()
        process.communicate()
        if form != "snapshot" and os.path.exists(os.path.join(place, "manifest.json")):
            return (
                f"{form} killed after {moment:.2f} s, complete: {self.manifest(form)['complete']}"
            )
        return f"{form} killed after {moment:.2f} s"

    def tables(self, form, views):
        """The rows of each public table, as a form of export has them."""
        if form == "snapshot":
            return {
                name: rows for name, (_, rows) in archive_tables(self.snapshot, "table").items()
            }
        found = {name: Counter() for name in views}
        for file in self.manifest(form)["files"]:
            columns = views[file["view"]][0]
            with open(
                os.path.join(self.folders[form], file["name"]), encoding="utf-8", newline=""
            ) as text:
                rows = Counter(
                    read_csv(text, columns) if form == "csv" else read_jsonl(text, columns)
                )
            if rows.total() != file["rows"]:
                raise Wrong(
                    f"{file['name']} has {rows.total()} rows, its manifest says {file['rows']}"
                )
            found[file["view"]] += rows
        return found

    def manifest(self, form):
        """The manifest. Each file is the one that it lists, if it says that it is complete."""
        folder = self.folders[form]
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as text:
            manifest = json.load(text)
        if manifest["complete"]:
            for file in manifest["files"]:
                with open(os.path.join(folder, file["name"]), "rb") as content:
                    content = content.read()
                if (
                    len(content) != file["bytes"]
                    or hashlib.sha256(content).hexdigest() != file["sha256"]
                ):
                    raise Wrong(f"{form}: {file['name']} is not the file that the manifest lists")
        return manifest

    def must_be_tidy(self):
        """After an export that ended well there is no file that the manifest does not list."""
        for form, folder in self.folders.items():
            listed = {file["name"] for file in self.manifest(form)["files"]} | {"manifest.json"}
            if surplus := set(os.listdir(folder)) - listed:
                raise Wrong(f"{form}: {sorted(surplus)} are in {folder}, and not in the manifest")


def read_csv(text, columns):
    rows = csv.reader(io.StringIO(text.read(), newline=""))
    names = next(rows)
    if names != [name for name, _ in columns]:
        raise Wrong(f"CSV has the columns {names}, and should have {columns}")
    for row in rows:
        values = zip(row, columns)
        yield line_of(value_of(value or None, kind) for value, (_, kind) in values)


def read_jsonl(text, columns):
    # Not by lines of Python's: a text may hold other characters that end one.
    for line in text.read().split("\n")[:-1]:
        row = json.loads(line)
        if list(row) != [name for name, _ in columns]:
            raise Wrong(f"JSON Lines has the names {list(row)}, and should have {columns}")
        yield line_of(value_of(row[name], kind) for name, kind in columns)


def value_of(value, kind):
    """A number with a fraction may be written as a whole one."""
    return float(value) if kind == "REAL" and value is not None else value
