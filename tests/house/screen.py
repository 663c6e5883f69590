"""Hands before the reservation app and the kiosk: what is on their one page, and its forms, as a browser without script posts them.
"""

import http.client
import re
import time
import urllib.parse

from house.processes import Ended, until


class Screen:
    """The page of one program on loopback."""

    def __init__(self, port):
        self.port = port

    @property
    def html(self):
        """The page as it is now."""
        return self.asks("GET", "/")[1]

    @property
    def stage(self):
        """Which page it is."""
        return stage_of(self.html)

    def stands(self, *stages, bound=30):
        """Waits until it is one of these pages, and returns which."""
        late = time.monotonic() + bound
        while time.monotonic() < late:
            try:
                stage = self.stage
            except OSError:
                stage = None
            if stage in stages:
                return stage
            time.sleep(0.05)
        raise Ended(f"the screen at {self.port} is at {stage}, not at {' or '.join(stages)}: {words_of(self.html)}")

    def sees_card(self):
        """Waits until the page says that the card is there."""
        until(lambda: 'data-ready="true"' in self.html, "the app sees the card")

    def posts(self, path, **fields):
        """Posts the page's form there."""
        page = self.html
        token = re.search(r'name="token" value="([^"]+)"', page)
        body = urllib.parse.urlencode({**({"token": token.group(1)} if token else {}), **fields})
        return self.asks("POST", path, body.encode(), {"Content-Type": "application/x-www-form-urlencoded"})[0]

    def captures(self, picture):
        """Posts a picture as the page's script does."""
        token = re.search(r'data-token="([^"]+)"', self.html).group(1)
        return self.asks("POST", "/capture", picture, {"Content-Type": "image/jpeg", "kagimori-form": token})[0]

    def asks(self, method, path, body=None, headers=None):
        """One request from the page itself."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        try:
            own = {"Origin": f"http://127.0.0.1:{self.port}"} if method == "POST" else {}
            connection.request(method, path, body, {**own, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()


def stage_of(html):
    """Which page this is."""
    found = re.search(r'data-stage="([^"]+)"', html)
    return found.group(1) if found else None


def words_of(html):
    """What a person reads there, in short."""
    body = re.search(r"<main.*?</main>", html, re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body.group(0) if body else html)).strip()[:400]
