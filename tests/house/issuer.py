"""An authority of somebody else, made by openssl, that an ordering body pins: its cards may have any validity, and nobody can
find out whether they were revoked, since where it says that its list is nobody answers.
"""

import datetime

from house.cards import USES

# Nobody listens there.
LIST = "http://127.0.0.1:9/issuer.crl"
NAME = "/C=JP/O=Mihon Denshi Ninsho/CN=Mihon Denshi CA"
CONFIGURATION = """
[ca]
default_ca = issuer
[issuer]
database = {at}/index.txt
certificate = {at}/issuer.pem
private_key = {at}/issuer.key
new_certs_dir = {at}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
string_mask = utf8only
[any]
countryName = optional
organizationName = optional
commonName = supplied
[authentication]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
authorityKeyIdentifier = keyid:always
subjectKeyIdentifier = hash
crlDistributionPoints = URI:{list}
[signature]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, nonRepudiation
authorityKeyIdentifier = keyid:always
subjectKeyIdentifier = hash
crlDistributionPoints = URI:{list}
"""


class Issuer:
    """Its key and its book lie in a directory of the stand."""

    def __init__(self, stand):
        self.stand, self.at = stand, stand.place / "issuer"
        self.at.mkdir()
        (self.at / "index.txt").write_text("")
        self.configuration = self.at / "openssl.cnf"
        self.configuration.write_text(CONFIGURATION.format(at=self.at, list=LIST))
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.at / "issuer.key"]
        uses = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
        stand.does("openssl", "req", "-x509", *key, "-out", self.at / "issuer.pem", "-subj", NAME, "-days", "3650", *uses)

    def pinned(self):
        """What an office's file says to accept it."""
        pem = (self.at / "issuer.pem").read_text()
        return f'\n[[issuer]]\nname = "見本電子認証局"\ncertificate = """\n{pem}"""\n'

    def certifies(self, papers, subject, days):
        """Certificates for the requests of a card, valid from and until so many days from now."""
        now = datetime.datetime.now(datetime.timezone.utc)
        start, end = (f"{now + datetime.timedelta(days=day):%Y%m%d%H%M%SZ}" for day in days)
        for use in USES:
            says = ["-extensions", use, "-subj", subject, "-startdate", start, "-enddate", end]
            paths = ["-in", papers / f"{use}.csr", "-out", papers / f"{use}.pem"]
            self.stand.does("openssl", "ca", "-batch", "-notext", "-config", self.configuration, *says, *paths)
