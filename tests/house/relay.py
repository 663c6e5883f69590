"""A relay between a kiosk or an app and the server, by plain HTTP on loopback: it keeps every byte that passes, which is the
wire capture that is searched afterwards, and it can stop an exchange where a test wants something to happen.
"""

import http.client
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Where an exchange can be stopped: the server has heard nothing; or it has answered, and nobody has heard that.
BEFORE, AFTER = "before", "after"


class Dropped(Exception):
    """The exchange ends here, without an answer."""


class Relay:
    """Listens on a port and passes requests on to another one; `captured` is what went through."""

    def __init__(self, port, to, capture):
        self.to, self.capture = to, capture
        self.watches = []
        self.lock = threading.Lock()
        relay = self

        class Handler(BaseHTTPRequestHandler):
            """One connection; each request is passed on by itself."""

            protocol_version = "HTTP/1.1"

            def passed(self):
                """One exchange."""
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                relay.keep(self.requestline.encode(), str(self.headers).encode(), body)
                try:
                    relay.tell(BEFORE, self.command, self.path)
                    status, headers, answer = relay.asks(self.command, self.path, self.headers, body)
                    relay.keep(str(status).encode(), repr(headers).encode(), answer)
                    relay.tell(AFTER, self.command, self.path)
                except Dropped:
                    self.close_connection = True
                    return
                except OSError:
                    self.send_error(502)
                    return
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in ("transfer-encoding", "connection", "content-length", "date", "server"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_DELETE = passed

            def log_message(self, *_):
                """What passed is captured, not printed."""

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        """Listens no more."""
        self.server.shutdown()
        self.server.server_close()

    def asks(self, method, path, headers, body):
        """The server's answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.to, timeout=60)
        try:
            passed = {name: value for name, value in headers.items() if name.lower() not in ("connection", "transfer-encoding")}
            connection.request(method, path, body, passed)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def keep(self, *parts):
        """Adds to what is searched afterwards; percent-encoding hides nothing from the search."""
        with self.lock, open(self.capture, "ab") as out:
            for part in parts:
                out.write(part + b"\n")
                out.write(urllib.parse.unquote_to_bytes(part) + b"\n")

    def once(self, when, ends, does):
        """At the next exchange whose path ends so, and there alone, `does` happens; it may raise Dropped."""
        watch = Watch(when, ends, does)
        with self.lock:
            self.watches.append(watch)
        return watch

    def tell(self, when, method, path):
        """Lets what was wanted there happen."""
        with self.lock:
            met = next((watch for watch in self.watches if watch.when == when and path.split("?")[0].endswith(watch.ends) and method == "POST"), None)
            if met:
                self.watches.remove(met)
        if met:
            met.happens()


class Watch:
    """Something that is to happen at one exchange."""

    def __init__(self, when, ends, does):
        self.when, self.ends, self.does = when, ends, does
        self.met = threading.Event()

    def happens(self):
        """Does it, and says so."""
        try:
            self.does()
        finally:
            self.met.set()
