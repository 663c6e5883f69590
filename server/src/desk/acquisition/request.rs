//! Requests for certificates as the doors hand them on: PKCS#10, or CMP's own.

use casework::acquisition::Flaw;
use pki::algorithm::Algorithm;
use pki::certificate::Bearer;
use pki::cmp;
use pki::csr::{Admitted, CertificateRequest, Demands, KeyHistory, NotAdmitted, RequestFault, Subject};
use pki::key::PublicKey;
use pki::name::TerminalName;

/// A request whose sender showed that the private key is there.
#[derive(Clone, Debug)]
pub enum Request {
    /// PKCS#10: the page, EST, and p10cr of CMP.
    Pkcs10(Box<CertificateRequest>),
    /// ir, cr and kur of CMP.
    Crmf(Box<cmp::Request>),
}

impl Request {
    /// Reads a PKCS#10 in DER.
    pub fn read(der: &[u8]) -> Result<Self, Flaw> {
        CertificateRequest::parse(der)
            .map(Self::from)
            .map_err(|fault| flaw(&fault))
    }

    /// Reads the body of an EST request.
    pub fn read_est(body: &[u8]) -> Result<Self, Flaw> {
        CertificateRequest::from_est(body)
            .map(Self::from)
            .map_err(|fault| flaw(&fault))
    }

    pub(crate) fn public_key(&self) -> &PublicKey {
        match self {
            Self::Pkcs10(request) => request.public_key(),
            Self::Crmf(request) => request.public_key(),
        }
    }

    /// Whether it can be certified for this terminal: under its whole name, under its 認証コード1 alone, or under none.
    pub(crate) fn admitted(&self, name: &TerminalName, history: KeyHistory) -> Result<(), Flaw> {
        let whole = name.distinguished();
        match self.admit(&demands(Subject::Named(&whole), history)) {
            Err(Flaw::Subject) => self.admit(&demands(Subject::Named(&name.short()), history)),
            judged => judged,
        }
    }

    fn admit(&self, demands: &Demands<'_>) -> Result<(), Flaw> {
        let admitted: Result<Admitted, NotAdmitted> = match self {
            Self::Pkcs10(request) => request.admit(demands),
            Self::Crmf(request) => request.admit(demands).map_err(|fault| match fault {
                cmp::CmpFault::NotAdmitted(fault) => fault,
                // There is no other reason that is left once it was read.
                _ => NotAdmitted::Subject,
            }),
        };
        match admitted {
            Ok(_) => Ok(()),
            Err(NotAdmitted::Algorithm(_)) => Err(Flaw::WeakKey),
            Err(NotAdmitted::Authority) => Err(Flaw::Authority),
            Err(NotAdmitted::Subject | NotAdmitted::AlternativeNames) => Err(Flaw::Subject),
            Err(NotAdmitted::KeyAgain | NotAdmitted::KeyOfAnother | NotAdmitted::KeyCompromised) => Err(Flaw::KnownKey),
        }
    }
}

impl From<CertificateRequest> for Request {
    fn from(request: CertificateRequest) -> Self {
        Self::Pkcs10(Box::new(request))
    }
}

/// As whom a terminal's key is looked for among those that are certified.
pub(super) fn bearer(name: &TerminalName, key: &PublicKey) -> Bearer {
    Bearer {
        subject: name.distinguished(),
        name: None,
        public_key: key.clone(),
    }
}

fn demands(subject: Subject<'_>, history: KeyHistory) -> Demands<'_> {
    Demands {
        algorithms: &Algorithm::ALL,
        subject,
        history,
        // A terminal that lost its certificate and kept its key may have another one for it; a renewal asks for a new key.
        may_keep_key: true,
    }
}

/// What is wrong with a PKCS#10.
pub(crate) fn flaw(fault: &RequestFault) -> Flaw {
    match fault {
        RequestFault::TooLarge | RequestFault::Malformed(_) | RequestFault::NotPem(_) | RequestFault::NotBase64 => {
            Flaw::Unreadable
        }
        RequestFault::Key(_) => Flaw::WeakKey,
        RequestFault::Possession(_) => Flaw::Signature,
    }
}
