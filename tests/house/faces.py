"""Faces that are not compared, through the whole app: its page, its server, and a service by TLS that is not there, does not
answer, answers what cannot be understood, or shows a certificate of others. Whoever reserves is told what else can be done, in
the time that is promised, and no try is lost.
"""

import base64
import http.server
import json
import socket
import ssl
import threading
import time

from house.citizen import FACES, CitizenStand, made, reaches_face
from house.processes import free_port
from house.screen import Screen, words_of
from house.tally import Tally

# Seconds: what a comparison may take at most (docs/face-match.md), and what page and hands may take beside it.
WITHIN, BESIDE = 10, 3
ANSWER = {"faces": {"card": 1, "capture": 1}, "score": 0.93, "version": "house-1"}


class FacesStand(CitizenStand):
    """A citizen's stand whose office asks a service by TLS, under an authority that the office's file names."""

    def __init__(self, place, readers):
        super().__init__(place, readers)
        self.service_port = free_port()
        self.papers = place / "service"
        self.papers.mkdir()

    def makes_office(self):
        """Before the office names them, the service's papers are made."""
        for name in ("own", "other"):
            self.makes_service(name)
        super().makes_office()

    def makes_service(self, name):
        """An authority, and a certificate of it for `localhost`."""
        at = self.papers
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        self.does("openssl", "req", "-x509", *curve, "-keyout", at / f"{name}-ca.key", "-out", at / f"{name}-ca.pem", "-subj", f"/CN={name}")
        self.does("openssl", "req", *curve[:-2], "-keyout", at / f"{name}.key", "-out", at / f"{name}.csr", "-subj", "/CN=service")
        (at / "ext").write_text("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n")
        self.does("openssl", "x509", "-req", "-in", at / f"{name}.csr", "-CA", at / f"{name}-ca.pem", "-CAkey", at / f"{name}-ca.key", "-days", "2", "-extfile", at / "ext", "-out", at / f"{name}.pem")

    def compares(self):
        """As docs/face-match.md has it."""
        return f'provider = "http"\nthreshold = 0.8\nurl = "https://localhost:{self.service_port}/v1/compare"\ntrust = "{self.papers / "own-ca.pem"}"\n'


class Service:
    """The service, as it is for a while; `asked` is what it heard."""

    def __init__(self, stand, name="own", answer=b""):
        self.asked = []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One question."""

            def do_POST(self):
                """Answers as this service does, or not at all."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.asked.append(json.loads(body))
                if answer is None:
                    service.ends.wait(60)
                else:
                    self.wfile.write(answer)
                self.close_connection = True

            def log_message(self, *_):
                """It keeps what it was asked."""

        self.ends = threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(stand.papers / f"{name}.pem", stand.papers / f"{name}.key")
        self.server = Quiet(("127.0.0.1", stand.service_port), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        """It is not there any more."""
        self.ends.set()
        self.server.shutdown()
        self.server.server_close()


class Quiet(http.server.ThreadingHTTPServer):
    """Whoever does not trust the certificate hangs up, which is not told to anybody."""

    def handle_error(self, request, client_address):
        """Nothing."""


class Deaf:
    """It takes connections and says nothing, not even of TLS."""

    asked = ()

    def __init__(self, stand):
        self.socket = socket.create_server(("127.0.0.1", stand.service_port))

    def close(self):
        """It is not there any more."""
        self.socket.close()


class Nobody:
    """Nobody listens."""

    asked = ()

    def close(self):
        """Nor now."""


def told(status, body):
    """An answer by HTTP."""
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def good():
    """What a service says that works."""
    return told("200 OK", json.dumps(ANSWER).encode())


# What the service is, and whether it hears the question.
MOODS = {
    "is not there": (lambda stand: Nobody(), False),
    "takes the connection and is silent": (Deaf, False),
    "takes the question and does not answer": (lambda stand: Service(stand, answer=None), True),
    "shows a certificate of another authority": (lambda stand: Service(stand, "other", good()), False),
    "answers an error": (lambda stand: Service(stand, answer=told("500 Internal Server Error", b"")), True),
    "answers a page": (lambda stand: Service(stand, answer=told("200 OK", b"<html>")), True),
    "answers no HTTP": (lambda stand: Service(stand, answer=b"\0\1\2\3 garbage\r\n\r\n"), True),
}


def citizen_faces(log):
    """Each of them, then pictures that are none, and at last a service that works, for the same reservation."""
    stand = made("citizen-faces", FacesStand)
    try:
        picture = (FACES / "capture.jpg").read_bytes()
        app = Screen(stand.app_port)
        reaches_face(stand)
        tally = Tally()
        for what, (begins, hears) in MOODS.items():
            tally += is_told(stand, app, picture, what, begins, hears)
        app.posts("/language", language="en")
        tally.check("counter of your municipality" in app.html, "the same in English")
        app.posts("/language", language="ja")
        tally += spoiled(app, picture)
        service = Service(stand, answer=good())
        app.captures(picture)
        stage = app.stands("kept", "face", bound=WITHIN + BESIDE)
        tally.check(stage == "kept", f"control: a service that works, and the same card, app and reservation: {words_of(app.html)[:160]}")
        service.close()
        asked = service.asked[0] if service.asked else {}
        pictures = [base64.b64decode(asked.get(name, ""))[:3] for name in ("card", "capture")]
        tally.check(sorted(asked) == ["capture", "card", "request"] and pictures == [b"\xff\xd8\xff"] * 2, f"it was asked with two pictures and the mark of the question: {sorted(asked)}")
        return tally
    finally:
        stand.close()
        stand.readers.end()


def is_told(stand, app, picture, what, begins, hears):
    """One picture while the service is so."""
    tally = Tally()
    service = begins(stand)
    begun = time.monotonic()
    app.captures(picture)
    stage = app.stands("face", "kept", "unsure", bound=WITHIN + 2 * BESIDE)
    took = time.monotonic() - begun
    service.close()
    page = app.html
    tally.check(stage == "face" and "E-FACE-DOWN" in page and "市区町村の窓口" in page, f"it {what}: the counter is named: {words_of(page)[:160]}")
    tally.check("残り 5 回" in page, f"it {what}: no try was spent")
    tally.check(took <= WITHIN + BESIDE, f"it {what}: told after {took:.1f} s ({WITHIN} s and {BESIDE} beside)")
    tally.check(bool(service.asked) == hears, f"it {what}: {'it heard the question' if hears else 'no face was sent'}")
    return tally


def spoiled(app, picture):
    """What is no picture, or far too much of one."""
    tally = Tally()
    for what, octets, code in (
        ("a picture of twenty megabytes", picture + bytes(20 << 20), "E-SIZE"),
        ("half a JPEG", picture[: len(picture) // 2], "E-PICTURE"),
        ("a PNG", b"\x89PNG\r\n\x1a\n" + bytes(200), "E-PICTURE"),
    ):
        try:
            app.captures(octets)
        except OSError:
            pass  # It was answered before all of it was sent.
        stage = app.stands("face", "kept", "unsure")
        page = app.html
        tally.check(stage == "face" and code in page and "残り回数は減っていません" in page and "残り 5 回" in page, f"{what}: {code}, and nothing is lost: {words_of(page)[:160]}")
    return tally
