"""The reverse proxies of docs/operations.md, as its own blocks configure them: nginx and Caddy before the server."""

import base64
import contextlib
import http.client
import re
import shutil
import socket
import ssl

from house import daemons, journeys
from house.processes import LOGS, ROOT, Ended, answers, end, free_port, output, start, until
from house.stand import AUTHORITY, NAME, OFFICE, Stand
from house.tally import Tally

PAGE = ROOT / "docs" / "operations.md"
PLACE = journeys.PLACE / "proxy"
# More than one address may ask for in a burst, and than it gets back while it asks.
VISITS = 1_000
# A serial number whose base64 has slashes in a row, of which a careless proxy makes one.
SERIAL = b"\x7f" + b"\xff" * 15


class Behind(Stand):
    """A server that is reached through a proxy only."""

    # Thousands of visits need no long log.
    filter = "info"

    def listener(self):
        """As the page has it: no TLS of its own, and the proxy's address named."""
        return 'behind = ["127.0.0.1"]'


def proxies(log):
    """Both proxies, one after the other, each with a control."""
    shutil.rmtree(PLACE, ignore_errors=True)
    readers = daemons.pcscd("pcscd-proxy")
    stand = Behind(PLACE, readers)
    try:
        stand.opens()
        tally = Tally()
        for proxy in (Nginx(stand), Caddy(stand)):
            tally += asked(stand, proxy)
        return tally
    finally:
        stand.close()
        readers.end()


class Proxy:
    """One proxy before the stand, configured by the page's block with this stand's ports and papers."""

    def __init__(self, stand):
        self.stand = stand
        self.secure, self.plain = free_port(), free_port()
        self.place = PLACE / self.name
        self.place.mkdir()
        block = re.search(rf"^```{self.name}\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
        if block is None:
            raise Ended(f"{PAGE.name} has no block for {self.name}")
        at = stand.issued
        self.text = self.fitted(block.group(1), {
            "127.0.0.1:8080": f"127.0.0.1:{stand.portal_port}",
            "127.0.0.1:8081": f"127.0.0.1:{stand.validation_port}",
            "/etc/ssl/portal.pem": str(at / "portal.pem"),
            "/etc/ssl/portal.key": str(at / "portal.key"),
            "portal.example.jp": NAME,
            "pki.example.jp": "pki.example.test",
        })

    def fitted(self, block, changes):
        """The block with every one of the changes; one that changes nothing is a fault of the page."""
        for old, new in changes.items():
            if old not in block:
                raise Ended(f"{self.name}: the page's block has no {old}")
            block = block.replace(old, new)
        return block

    def starts(self, text):
        """The proxy, serving with that text."""
        program = start(self.command(text), LOGS / f"proxy-{self.name}.log", env={"HOME": str(self.place)})
        for port in (self.secure, self.plain):
            until(lambda: answers(port), f"{self.name} on port {port}", program=program)
        return program


class Nginx(Proxy):
    """nginx."""

    name = "nginx"
    def command(self, text):
        """In the foreground, all its files below its own place."""
        text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{self.secure} ssl").replace("listen 80;", f"listen 127.0.0.1:{self.plain};")
        places = "".join(f"{kind}_temp_path {self.place}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        whole = f"daemon off;\nuser root;\npid {self.place}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{places}{text}}}\n"
        path = self.place / "nginx.conf"
        path.write_text(whole)
        return ["/usr/sbin/nginx", "-c", path, "-e", "stderr"]


class Caddy(Proxy):
    """Caddy."""

    name = "caddy"
    def command(self, text):
        """Its certificate is the page's own line, so it asks no authority on the internet."""
        whole = f"{{\nadmin off\nauto_https disable_redirects\nhttps_port {self.secure}\nhttp_port {self.plain}\n}}\n{text}"
        path = self.place / "Caddyfile"
        path.write_text(whole)
        return ["caddy", "run", "--config", path, "--adapter", "caddyfile"]


def asked(stand, proxy):
    """What whoever comes through the proxy must get, and what a proxy without its guard lets through."""
    tally = Tally()
    program = proxy.starts(proxy.text)
    try:
        for path in (f"/{OFFICE}", f"/console/{OFFICE}/login", "/static/kagimori.svg"):
            (status, direct), (through_status, through) = (visited(stand, which, path) for which in (None, proxy))
            tally.check(status == through_status == 200 and "content-security-policy" in direct, f"{proxy.name}: {path} comes: {status}, {through_status}")
            for name in sorted(direct.keys() - {"date", "x-request-id", "connection", "keep-alive", "content-length", "transfer-encoding"}):
                tally.check(plain(through.get(name)) == plain(direct[name]), f"{proxy.name}: {path} has {name} as the server sent it: {direct[name]} / {through.get(name)}")
        told = [scan_sent(stand, which) for which in (None, proxy)]
        tally.check(told[0] == told[1] and told[0] not in ("000", "413"), f"{proxy.name}: a scan of 6 MB gets the server's own answer: {told}")
        tally += validated(stand, proxy)
        tally.check(429 in visits(stand, proxy), f"{proxy.name}: whoever names another address each time is one visitor")
        tally.check(429 not in visits(stand, None), "control: the server believes what comes from the proxy's address")
    finally:
        end(program)
    return tally


def visited(stand, proxy, path, method="GET", body=None, headers=None):
    """One request as a browser sends it through the proxy, or as the proxy sends it; status and headers, in small letters."""
    with connection(stand, proxy) as line:
        line.request(method, path, body, {"Host": NAME, **(headers or {})})
        answer = line.getresponse()
        answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}


def scan_sent(stand, proxy):
    """The status that a scan gets from somebody who is not logged in: curl reads an answer that comes before the end."""
    scan = PLACE / "scan"
    scan.write_bytes(bytes(6_000_000))
    base = f"http://127.0.0.1:{stand.portal_port}" if proxy is None else f"https://{NAME}:{proxy.secure}"
    where = ["--cacert", stand.issued / "tls-trust.pem", "--resolve", f"{NAME}:{proxy.secure if proxy else 0}:127.0.0.1"]
    told = ["-H", "Content-Type: multipart/form-data; boundary=x", "-H", f"Origin: {stand.portal}", "--data-binary", f"@{scan}"]
    return output(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *where, *told, f"{base}/console/{OFFICE}/paper/scan"])[1]


def visits(stand, proxy):
    """The statuses that many requests get, each of which says that it comes from elsewhere; the first 429 ends them."""
    statuses = set()
    with connection(stand, proxy) as line:
        for visit in range(VISITS):
            line.request("GET", f"/{OFFICE}", headers={"Host": NAME, "X-Forwarded-For": f"198.51.{visit // 250}.{visit % 250 + 1}"})
            answer = line.getresponse()
            answer.read()
            statuses.add(answer.status)
            if answer.status == 429:
                break
    return statuses


def connection(stand, proxy):
    """A line to the proxy by TLS under the portal's name, or to the server itself."""
    if proxy is None:
        return contextlib.closing(http.client.HTTPConnection("127.0.0.1", stand.portal_port, timeout=30))
    trust = ssl.create_default_context(cafile=stand.issued / "tls-trust.pem")
    line = http.client.HTTPSConnection(NAME, proxy.secure, timeout=30, context=trust)
    line._create_connection = lambda address, *rest: socket.create_connection(("127.0.0.1", address[1]), *rest)
    return contextlib.closing(line)


def plain(value):
    """A header without what differs from visit to visit."""
    return value and re.sub(r"(nonce-|=)[A-Za-z0-9_+/=-]{16,}", r"\1…", value)


def validated(stand, proxy):
    """OCSP by POST and GET and the CRL, through the plain listener."""
    tally = Tally()
    host = ["-H", "Host: pki.example.test"]
    question = PLACE / "question.der"
    chain = ["-issuer", stand.issued / "issuing.pem"]
    output(["openssl", "ocsp", *chain, "-serial", str(int.from_bytes(SERIAL)), "-no_nonce", "-reqout", question])
    path = base64.b64encode(question.read_bytes()).decode()
    tally.check("//" in path, "the question has slashes in a row")
    list_path = re.sub(r"^http://[^/]+", "", stand.crl_address("signature"))
    for way, sign, ask in (
        ("OCSP by GET", SERIAL, [f"/ocsp/{AUTHORITY}/{path}"]),
        ("OCSP by POST", SERIAL, [f"/ocsp/{AUTHORITY}", "-H", "Content-Type: application/ocsp-request", "--data-binary", f"@{question}"]),
        ("a list by GET", stand.fetches_crl("signature").with_suffix("").read_bytes(), [list_path]),
    ):
        answer = PLACE / "answer.der"
        answer.unlink(missing_ok=True)
        _, status = output(["curl", "-sS", "--path-as-is", "-o", answer, "-w", "%{http_code}", "-H", "Host: pki.example.test", f"http://127.0.0.1:{proxy.plain}{ask[0]}", *ask[1:]])
        tally.check(status == "200" and sign in answer.read_bytes(), f"{proxy.name}: {way} gets the server's own answer: {status}")
    return tally
