"""The tables of the Python peers, and the statements that fill them."""

DAY = 86_400_000

TABLES = """
CREATE TABLE IF NOT EXISTS user_fact (
  app TEXT, day INTEGER, users INTEGER, new_users INTEGER, retained_users INTEGER, points REAL,
  PRIMARY KEY (app, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS source_fact (
  app TEXT, source TEXT, day INTEGER, users INTEGER, PRIMARY KEY (app, source, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chat_fact (
  app TEXT, day INTEGER, messages INTEGER, chats INTEGER, errors INTEGER, points REAL,
  PRIMARY KEY (app, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS app_fact (
  app TEXT, day INTEGER, good_feedback INTEGER, bad_feedback INTEGER, chats INTEGER, seconds REAL,
  PRIMARY KEY (app, day)) WITHOUT ROWID;
"""

USER = """
INSERT INTO user_fact VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET users = excluded.users,
  new_users = excluded.new_users, retained_users = excluded.retained_users, points = excluded.points
"""
SOURCE = """
INSERT INTO source_fact VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET users = excluded.users
"""
CHAT = """
INSERT INTO chat_fact VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET messages = excluded.messages,
  chats = excluded.chats, errors = excluded.errors, points = excluded.points
"""
APP = """
INSERT INTO app_fact VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
  good_feedback = excluded.good_feedback, bad_feedback = excluded.bad_feedback, chats = excluded.chats,
  seconds = excluded.seconds
"""


def span(first, last):
    """The fields of a request for whole days, both ends inclusive."""
    return {
        "dateStart": f"{first}T00:00:00.000Z", "dateEnd": f"{last}T23:59:59.999Z",
        "userTimespan": "day", "chatTimespan": "day", "appTimespan": "day"}
