//! An authority of somebody else's, made and run by OpenSSL.

use std::path::Path;
use std::process::Command;

use casework::time::{Day, Instant};
use pki::certificate::Certificate;
use server::trust::PinnedIssuer;

/// An authority in a folder of its own: a key, a certificate, an index of what it issued.
pub(crate) struct Foreign(tempfile::TempDir);

/// What a certificate says of where to ask.
#[derive(Clone, Copy, Default)]
pub(crate) struct Places<'a> {
    pub(crate) crl: Option<&'a str>,
    pub(crate) ocsp: Option<&'a str>,
}

/// Who signs an OCSP answer.
#[derive(Clone, Copy)]
pub(crate) enum Signer {
    /// The authority.
    Itself,
    /// A delegate of its, marked as one that needs no check.
    Delegate,
    /// A delegate whose own status somebody would have to find out.
    Unmarked,
    /// Somebody else.
    Stranger,
}

impl Foreign {
    pub(crate) fn new(name: &str) -> Self {
        let new = Self(tempfile::tempdir().unwrap());
        new.write("index.txt", "");
        new.write("none.txt", "");
        new.write("serial", "1000");
        new.write("crlnumber", "01");
        new.configure(Places::default(), "");
        for key in ["ca", "holder", "delegate", "stranger"] {
            new.openssl(&format!("ecparam -name prime256v1 -genkey -noout -out {key}.key"));
        }
        let subject = format!("/C=JP/O=Foreign/CN={name}");
        let request = [
            "req", "-x509", "-config", "ca.cnf", "-key", "ca.key", "-days", "3650", "-subj", &subject,
        ];
        new.run(&[&request[..], &["-extensions", "authority", "-out", "ca.pem"]].concat());
        let request = [
            "req",
            "-x509",
            "-config",
            "ca.cnf",
            "-key",
            "stranger.key",
            "-days",
            "30",
        ];
        new.run(
            &[
                &request[..],
                &["-subj", &subject, "-extensions", "responder", "-out", "stranger.pem"],
            ]
            .concat(),
        );
        new
    }

    /// Its certificate, pinned.
    pub(crate) fn pinned(&self) -> PinnedIssuer {
        PinnedIssuer::new("外部認証局", &self.pem(), Vec::new(), Vec::new()).unwrap()
    }

    pub(crate) fn pem(&self) -> String {
        String::from_utf8(self.read("ca.pem")).unwrap()
    }

    /// A holder's certificate for signatures.
    pub(crate) fn issues(&self, holder: &str, places: Places<'_>) -> Certificate {
        self.certifies(holder, "signature", "holder", places)
    }

    /// Both certificates of a card: for authentication and for signatures.
    pub(crate) fn card(&self, holder: &str, places: Places<'_>) -> (Certificate, Certificate) {
        (
            self.certifies(holder, "authentication", "delegate", places),
            self.certifies(holder, "signature", "holder", places),
        )
    }

    /// The key of cards' certificates for authentication, in PEM.
    pub(crate) fn certifies(&self, holder: &str, section: &str, key: &str, places: Places<'_>) -> Certificate {
        self.configure(places, "");
        let subject = format!("/C=JP/O=Example/CN={holder}");
        self.run(&[
            "req",
            "-new",
            "-config",
            "ca.cnf",
            "-key",
            &format!("{key}.key"),
            "-subj",
            &subject,
            "-out",
            "new.csr",
        ]);
        self.run(&[
            "ca",
            "-batch",
            "-notext",
            "-config",
            "ca.cnf",
            "-extensions",
            section,
            "-in",
            "new.csr",
            "-out",
            "new.pem",
        ]);
        Certificate::from_pem(&String::from_utf8(self.read("new.pem")).unwrap()).unwrap()
    }

    pub(crate) fn revokes(&self, certificate: &Certificate) {
        self.write("gone.pem", certificate.to_pem());
        self.openssl("ca -config ca.cnf -revoke gone.pem");
    }

    /// Its next list.
    pub(crate) fn list(&self, this_update: Instant, next_update: Instant) -> Vec<u8> {
        self.list_of(this_update, next_update, "")
    }

    /// Its next list, of those certificates that name this address.
    pub(crate) fn list_of(&self, this_update: Instant, next_update: Instant, address: &str) -> Vec<u8> {
        self.configure(Places::default(), address);
        let times = [
            "-crl_lastupdate",
            &written(this_update),
            "-crl_nextupdate",
            &written(next_update),
        ]
        .map(str::to_owned);
        let times: Vec<&str> = times.iter().map(String::as_str).collect();
        self.run(&[&["ca", "-config", "ca.cnf", "-gencrl", "-out", "list.pem"][..], &times].concat());
        self.openssl("crl -in list.pem -outform DER -out list.der");
        self.read("list.der")
    }

    /// Its responder's answer to a request.
    pub(crate) fn answers(&self, request: &[u8], signer: Signer, knows: bool, more: &str) -> Vec<u8> {
        self.write("request.der", request);
        let signer = match signer {
            Signer::Itself => "ca",
            Signer::Stranger => "stranger",
            Signer::Delegate | Signer::Unmarked => {
                let is_marked = matches!(signer, Signer::Delegate);
                let section = if is_marked { "responder" } else { "unmarked" };
                let certificate = self.certifies("Responder", section, "delegate", Places::default());
                self.write("delegate.pem", certificate.to_pem());
                "delegate"
            }
        };
        let index = if knows { "index.txt" } else { "none.txt" };
        self.openssl(&format!(
            "ocsp -index {index} -CA ca.pem -rsigner {signer}.pem -rkey {signer}.key -reqin request.der -respout answer.der {more}"
        ));
        self.read("answer.der")
    }

    fn configure(&self, places: Places<'_>, point: &str) {
        let crl = places
            .crl
            .map_or(String::new(), |url| format!("crlDistributionPoints = URI:{url}\n"));
        let ocsp = places
            .ocsp
            .map_or(String::new(), |url| format!("authorityInfoAccess = OCSP;URI:{url}\n"));
        let point = match point {
            "" => String::new(),
            url => format!("issuingDistributionPoint = critical, @point\n[point]\nfullname = URI:{url}\n"),
        };
        let holder = format!(
            "basicConstraints = CA:FALSE\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid:always\n{crl}{ocsp}"
        );
        self.write(
            "ca.cnf",
            format!(
                "[req]\ndistinguished_name = empty\n[empty]\n[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nserial = serial\n\
                 crlnumber = crlnumber\nnew_certs_dir = .\ncertificate = ca.pem\nprivate_key = ca.key\ndefault_md = sha256\n\
                 default_days = 365\ndefault_crl_days = 7\npolicy = any\nunique_subject = no\ncrl_extensions = list\n\
                 [any]\ncountryName = optional\norganizationName = optional\ncommonName = supplied\n\
                 [authority]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\n\
                 subjectKeyIdentifier = hash\n\
                 [authentication]\nkeyUsage = critical, digitalSignature\n{holder}\
                 [signature]\nkeyUsage = critical, digitalSignature, nonRepudiation\n{holder}\
                 [responder]\nkeyUsage = critical, digitalSignature\nextendedKeyUsage = OCSPSigning\nnoCheck = ignored\n{holder}\
                 [unmarked]\nkeyUsage = critical, digitalSignature\nextendedKeyUsage = OCSPSigning\n{holder}\
                 [list]\nauthorityKeyIdentifier = keyid:always\n{point}"
            ),
        );
    }

    fn openssl(&self, line: &str) {
        self.run(&line.split_whitespace().collect::<Vec<_>>());
    }

    fn run(&self, arguments: &[&str]) {
        let done = Command::new("openssl")
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "openssl {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&done.stderr)
        );
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), content).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).unwrap()
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// `20261121200000Z`
fn written(at: Instant) -> String {
    let (day, second) = (at.0.div_euclid(86_400), at.0.rem_euclid(86_400));
    let date = Day(i32::try_from(day).unwrap()).date();
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}Z",
        date.year,
        date.month,
        date.day,
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}
