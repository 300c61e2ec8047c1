"""ClickHouse over HTTP: the engine of chdb behind the part of ClickHouse's interface that a loader
relies on, strict where the server is. It can be told to fail at a request."""

import gzip
import json
import os
import re
import tempfile
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from chdb.session import Session

# What stands in an address and is no setting.
RESERVED = {
    "query",
    "database",
    "user",
    "password",
    "default_format",
    "query_id",
    "session_id",
    "buffer_size",
    "wait_end_of_query",
}
# The statuses of the server for its error codes; 500 for the rest.
STATUSES = {
    403: {192, 193, 497, 516},
    400: {6, 26, 27, 38, 41, 53, 62, 72, 117, 321, 36, 44, 16},
    404: {46, 47, 50, 56, 60, 63, 73, 81, 115, 511},
    411: {381},
    501: {48},
}
INSERT = re.compile(
    r"\s*(INSERT\s+INTO\s+.*?)\s+FORMAT\s+(\w+)[ \t]*;?[ \t]*(?:\r?\n|$)", re.I | re.S
)
INPUT = re.compile(r"\binput\s*\(", re.I)
READS = re.compile(r"\s*(SELECT|WITH|SHOW|DESC|DESCRIBE|EXISTS|EXPLAIN)\b", re.I)

CUT = "the connection is cut in the middle of the body"
CUT_KEPT = "the connection is cut, and the rows that had arrived are kept"
FULL = "the disk is full"
LOST = "the request is carried out, and its answer is lost"
SILENT = "an answer never comes"
FAULTS = [CUT, CUT_KEPT, FULL, LOST, SILENT]


class Refusal(Exception):
    """An error of the server: its code and its text."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Gone(Exception):
    """The other side went away, or the test cut the connection."""


class ClickHouse(ThreadingHTTPServer):
    """A server at 127.0.0.1 whose data outlive it."""

    daemon_threads = True

    def __init__(self, folder, user, key, configuration=None):
        """`configuration` is the path of a file of ClickHouse's own."""
        super().__init__(("127.0.0.1", 0), Request)
        self.path = os.path.join(folder, "clickhouse")
        if configuration:
            self.path += f"?config-file={configuration}"
        self.user, self.key = user, key
        # One session stays open, or the engine would start anew for each request.
        self.session = Session(self.path)
        self.lock = threading.Lock()
        self.plan(None, None)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def plan(self, number, fault, strike=None):
        """Counts requests from 1 again, and lets that one meet a fault.

        `strike` is called once that request has arrived; without a fault, as it begins to.
        """
        with self.lock:
            self.count, self.number, self.fault, self.strike = 0, number, fault, strike
            self.struck, self.released = "", threading.Event()

    def next_fault(self):
        with self.lock:
            self.count += 1
            if self.count != self.number:
                return None
        if self.strike and not self.fault:
            self.strike()
        return self.fault

    def address(self, database):
        return f"http://127.0.0.1:{self.server_port}/?database={database}"

    def rows(self, query):
        """The rows of a query that must succeed, each as its texts."""
        answer = self.session.query(query, "TabSeparated").bytes().decode()
        return [line.split("\t") for line in answer.splitlines()]

    def handle_error(self, request, client_address):
        """A client that goes away is what the test is about."""

    def stop(self):
        self.released.set()
        self.shutdown()
        self.server_close()
        self.session.close()


class Request(BaseHTTPRequestHandler):
    """One connection. The server drops an idle one."""

    protocol_version = "HTTP/1.1"
    timeout = 3
    # An answer goes out as one piece, or its parts would wait for each other.
    wbufsize = -1

    def log_message(self, *_):
        """Says nothing."""

    def do_GET(self):
        self.respond()

    def do_POST(self):
        self.respond()

    def respond(self):
        parameters = parse_qsl(urlsplit(self.path).query, keep_blank_values=True)
        query = "".join(value for name, value in parameters if name == "query")
        fault = self.server.next_fault()
        try:
            self.check_key(dict(parameters))
            body = self.read_body(cut=fault in (CUT, CUT_KEPT))
            text = (query + "\n").encode() + body if query else body
            if fault:
                self.server.struck = " ".join(text[:100].decode("utf-8", "replace").split())
            self.answer(*self.carry_out(text, dict(parameters), fault))
        except Refusal as refusal:
            self.refuse(refusal)
        except Gone:
            self.close_connection = True
            self.connection.close()

    def carry_out(self, text, parameters, fault):
        if fault == SILENT:
            self.server.strike()
            self.server.released.wait()
            raise Gone
        if fault == CUT:
            raise Gone
        if fault == FULL:
            raise Refusal(
                243,
                "Cannot reserve 1.00 MiB, not enough space: While executing WaitForAsyncInsert. "
                "(NOT_ENOUGH_SPACE)",
            )
        with Session(self.server.path) as session:
            settings = self.prepare(session, parameters)
            answer = execute(session, text, settings, parameters, keeps=fault == CUT_KEPT)
        if fault:
            raise Gone
        return answer

    def check_key(self, parameters):
        user = self.headers.get("X-ClickHouse-User") or parameters.get("user", "default")
        key = self.headers.get("X-ClickHouse-Key") or parameters.get("password", "")
        if (user, key) != (self.server.user, self.server.key):
            self.read_body()
            raise Refusal(
                516,
                f"{user}: Authentication failed: password is incorrect, or there is no user with "
                "such name. (AUTHENTICATION_FAILED)",
            )

    def read_body(self, cut=False):
        """All bytes of the body, or the first half of what came first."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            body = b"".join(self.chunks(cut))
        elif "Content-Length" in self.headers:
            length = int(self.headers["Content-Length"])
            body = self.exactly(length // 2 if cut else length)
        elif self.command == "POST":
            raise Refusal(
                381,
                "The Transfer-Encoding is not chunked and there is no Content-Length header for "
                "POST request. (HTTP_LENGTH_REQUIRED)",
            )
        else:
            return b""
        if self.headers.get("Content-Encoding") == "gzip" and not cut:
            return gzip.decompress(body)
        return body

    def chunks(self, cut):
        while True:
            line = self.rfile.readline(100)
            if not line.endswith(b"\n"):
                raise Gone
            length = int(line.split(b";")[0], 16)
            chunk = self.exactly(length)
            if cut:
                yield chunk[: length // 2]
                return
            self.rfile.readline(100)
            if length == 0:
                return
            yield chunk

    def exactly(self, length):
        body = self.rfile.read(length)
        if len(body) != length:
            raise Gone
        return body

    def prepare(self, session, parameters):
        """Gives the session what the address says, and what older servers have by default."""
        settings = {"precise_float_parsing": "0", "async_insert": "0"}
        for name, value in parameters.items():
            if name not in RESERVED and not name.startswith("param_"):
                settings[name] = value
        if self.command == "GET":
            settings["readonly"] = "2"
        database = parameters.get("database", "default")
        run(session, f"USE `{database}`")
        for name, value in settings.items():
            quoted = value.replace("\\", "\\\\").replace("'", "\\'")
            run(session, f"SET {name} = '{quoted}'")
        return settings

    def answer(self, body, written):
        self.send_response(200)
        self.send_header("Content-Type", "text/tab-separated-values; charset=UTF-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Keep-Alive", f"timeout={self.timeout}")
        self.send_header("X-ClickHouse-Query-Id", str(uuid.uuid4()))
        summary = {"read_rows": "0", "written_rows": str(written), "result_rows": "0"}
        self.send_header("X-ClickHouse-Summary", json.dumps(summary))
        self.end_headers()
        for place in range(0, len(body), 65536):
            chunk = body[place : place + 65536]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def refuse(self, refusal):
        status = next((known for known, codes in STATUSES.items() if refusal.code in codes), 500)
        body = f"Code: {refusal.code}. DB::Exception: {refusal} (version 26.9.2.1)\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-ClickHouse-Exception-Code", str(refusal.code))
        if refusal.code == 381:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def execute(session, text, settings, parameters, keeps):
    """Runs one statement, and says its answer and how many rows were written.

    The data of an INSERT are handed over byte by byte, apart from the statement. With `keeps` the
    data end where the connection was cut, and their last line, which may be a part, is left out.
    """
    head = text[:262144].decode("utf-8", "replace")
    insert = INSERT.match(head)
    if insert:
        if settings.get("readonly"):
            raise Refusal(164, "Cannot execute query in readonly mode. (READONLY)")
        data = text[len(head[: insert.end()].encode()) :]
        return b"", write(
            session, insert[1], insert[2], data[: data.rfind(b"\n") + 1] if keeps else data
        )
    statement = text.decode().strip().rstrip(";")
    if keeps:
        raise Gone
    if has_second_statement(statement):
        raise Refusal(62, "Syntax error (Multi-statements are not allowed). (SYNTAX_ERROR)")
    if settings.get("readonly") and not READS.match(statement):
        raise Refusal(164, "Cannot execute query in readonly mode. (READONLY)")
    names = {
        name.removeprefix("param_"): value
        for name, value in parameters.items()
        if name.startswith("param_")
    }
    return run(session, statement, names or None), 0


def run(session, statement, names=None):
    try:
        return session.query(statement, "TabSeparated", params=names).bytes()
    except RuntimeError as error:
        raise refusal_of(error) from error


def write(session, statement, form, data):
    try:
        if INPUT.search(statement):
            return write_selected(session, statement, form, data)
        with session.send_insert(statement, form) as insert:
            insert.append(data)
            return insert.finish().rows_written
    except RuntimeError as error:
        raise refusal_of(error) from error


def write_selected(session, statement, form, data):
    """Runs an INSERT with a query on `input`, which the engine has on files only."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        session.query(INPUT.sub(f"file('{file.name}', '{form}', ", statement, count=1))
    return data.count(b"\n")


def refusal_of(error):
    """The server's error within the engine's."""
    found = re.search(r"Code: (\d+)\. DB::Exception: (.*)", str(error), re.S)
    return Refusal(int(found[1]), found[2].strip()) if found else Refusal(1001, str(error))


def has_second_statement(statement):
    """Whether a semicolon stands outside of quotes and comments."""
    bare = re.sub(
        r"'(?:[^'\\]|\\.|'')*'|`[^`]*`|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", "", statement, flags=re.S
    )
    return ";" in bare
