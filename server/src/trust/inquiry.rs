//! One question about one certificate, from its path to its revocation.

use casework::time::Instant;
use pki::KeyUsage;
use pki::certificate::Certificate;
use pki::ocsp::Status;
use pki::validation::{
    self, Anchors, Doubt, Fault, Inputs, Invalid, Outcome, Question, Revocation, RevocationList, Subject, ValidPath,
};
use tokio::task::JoinSet;

use super::{PinnedIssuer, Trust, Verdict, Why};

pub(super) struct Inquiry<'a> {
    trust: &'a Trust,
    pinned: &'a [&'a PinnedIssuer],
    anchors: Anchors,
    certificate: &'a Certificate,
    usage: KeyUsage,
    now: Instant,
}

impl<'a> Inquiry<'a> {
    pub(super) fn new(
        trust: &'a Trust,
        pinned: &'a [&'a PinnedIssuer],
        certificate: &'a Certificate,
        usage: KeyUsage,
    ) -> Self {
        Self {
            trust,
            pinned,
            anchors: Anchors::new(pinned.iter().map(|issuer| issuer.certificate.clone())),
            certificate,
            usage,
            now: trust.now(),
        }
    }

    /// With the issuer whose signature it bears, if it is one of the pinned.
    pub(super) async fn verdict(&self) -> (Verdict, Option<&'a PinnedIssuer>) {
        let mut kept = Vec::new();
        for issuer in self.pinned {
            for url in lists_of(issuer, self.certificate) {
                kept.extend(self.trust.kept_list(issuer, url, self.now));
            }
        }
        // Nobody was asked for anything yet: an address counts only once the signature over it was verified.
        let issuer = match self.outcome(&kept, Revocation::Required) {
            Outcome::Valid(valid) => return self.valid(&valid),
            Outcome::Invalid(invalid) => return self.invalid(invalid),
            Outcome::Undetermined(undetermined) => {
                let lacking = undetermined
                    .lacking
                    .iter()
                    .find(|lacking| undetermined.doubt == Doubt::Status && lacking.certificate == *self.certificate);
                match lacking.and_then(|lacking| self.pinned_as(&lacking.issuer)) {
                    Some(issuer) => issuer,
                    None => return (Verdict::Undetermined(Why::Failed(undetermined.to_string())), None),
                }
            }
        };
        let (lists, mut last) = self.fetched(issuer).await;
        match self.outcome(&lists, Revocation::Required) {
            Outcome::Valid(valid) => return self.valid(&valid),
            Outcome::Invalid(invalid) => return self.invalid(invalid),
            Outcome::Undetermined(_) => {}
        }
        for url in addresses(&issuer.ocsp, self.certificate.ocsp_urls()) {
            let answer = self.trust.answer(issuer, self.certificate, url, self.now).await;
            match answer.map(|answer| (answer.status, answer.until)) {
                Ok((Status::Good, until)) => return (self.but_for_status(issuer, until), Some(issuer)),
                Ok((Status::Revoked { at, reason }, _)) => {
                    let fault = Fault::Revoked { at, reason };
                    return (self.refused(fault, issuer), Some(issuer));
                }
                Ok((Status::Unknown, _)) => last = Why::Unknown,
                Err(why) => last = why,
            }
        }
        (Verdict::Undetermined(last), Some(issuer))
    }

    /// Its issuer's lists, fetched where none is kept, all at once; and why the last of those that are missing was not had.
    async fn fetched(&self, issuer: &PinnedIssuer) -> (Vec<RevocationList>, Why) {
        let mut asking = JoinSet::new();
        for url in lists_of(issuer, self.certificate) {
            let (trust, issuer, url, now) = (self.trust.clone(), issuer.clone(), url.to_owned(), self.now);
            asking.spawn(async move { trust.list(&issuer, &url, now).await });
        }
        let mut lists = Vec::new();
        let mut last = if asking.is_empty() { Why::NoAddress } else { Why::Silent };
        while let Some(asked) = asking.join_next().await {
            match asked.unwrap_or_else(|fault| Err(Why::Failed(fault.to_string()))) {
                Ok(list) => lists.push(list.crl.clone()),
                Err(why) => last = why,
            }
        }
        (lists, last)
    }

    fn outcome(&self, lists: &[RevocationList], revocation: Revocation) -> Outcome {
        // Others' clocks may be a little ahead of ours; a list that is further ahead was not taken.
        let at = lists.iter().map(RevocationList::this_update).fold(self.now.0, i64::max);
        let question = Question {
            subject: Subject::Holder,
            usages: vec![self.usage],
            revocation,
            ..Question::at(at)
        };
        let inputs = Inputs {
            lists,
            verified: Some(&self.trust.0.verified),
            ..Inputs::default()
        };
        validation::validate(self.certificate, &self.anchors, inputs, &question)
    }

    fn valid(&self, valid: &ValidPath) -> (Verdict, Option<&'a PinnedIssuer>) {
        let Some(issuer) = valid.path.get(1).and_then(|above| self.pinned_as(above)) else {
            return (
                Verdict::Undetermined(Why::Failed("a path without an issuer".to_owned())),
                None,
            );
        };
        self.lists_were_needed(issuer);
        // A responder is often ahead of the list; what it said before is not forgotten.
        let known = self.trust.known(issuer, self.certificate, self.now);
        if let Some(Status::Revoked { at, reason }) = known.map(|answer| answer.status) {
            return (self.refused(Fault::Revoked { at, reason }, issuer), Some(issuer));
        }
        let mut until = Instant(valid.until);
        for url in lists_of(issuer, self.certificate) {
            if let Some(list) = self.trust.kept_list(issuer, url, self.now) {
                until = until.min(self.trust.relied_until(&list));
            }
        }
        let issuer_certificate = issuer.certificate.clone();
        let verdict = Verdict::Valid {
            issuer: issuer_certificate,
            until,
        };
        (verdict, Some(issuer))
    }

    /// Everything else about it, where its status is good until then.
    fn but_for_status(&self, issuer: &'a PinnedIssuer, until: Instant) -> Verdict {
        match self.outcome(&[], Revocation::NotAsked) {
            Outcome::Valid(valid) => Verdict::Valid {
                issuer: issuer.certificate.clone(),
                until: until.min(Instant(valid.until)),
            },
            Outcome::Invalid(invalid) => Verdict::Invalid(invalid),
            Outcome::Undetermined(why) => Verdict::Undetermined(Why::Failed(why.to_string())),
        }
    }

    fn invalid(&self, invalid: Box<Invalid>) -> (Verdict, Option<&'a PinnedIssuer>) {
        let issuer = invalid.path.get(1).and_then(|above| self.pinned_as(above));
        if let Some(issuer) = issuer {
            self.lists_were_needed(issuer);
        }
        (Verdict::Invalid(invalid), issuer)
    }

    fn lists_were_needed(&self, issuer: &PinnedIssuer) {
        for url in lists_of(issuer, self.certificate) {
            self.trust.was_needed(issuer, url, self.now);
        }
    }

    fn refused(&self, fault: Fault, issuer: &PinnedIssuer) -> Verdict {
        Verdict::Invalid(Box::new(Invalid {
            fault,
            certificate: self.certificate.clone(),
            path: vec![self.certificate.clone(), issuer.certificate.clone()],
        }))
    }

    fn pinned_as(&self, certificate: &Certificate) -> Option<&'a PinnedIssuer> {
        self.pinned
            .iter()
            .copied()
            .find(|issuer| issuer.certificate == *certificate)
    }
}

/// Where the lists are that may speak of a certificate, those that stand on others included.
fn lists_of<'a>(issuer: &'a PinnedIssuer, certificate: &'a Certificate) -> impl Iterator<Item = &'a str> {
    let deltas = if issuer.crl.is_empty() {
        certificate.delta_urls()
    } else {
        &[]
    };
    addresses(&issuer.crl, certificate.crl_urls()).chain(addresses(deltas, &[]))
}

/// The office's addresses, or the certificate's where the office names none. Others than `http` are not asked, and not more
/// than a few: what is common has one or two.
fn addresses<'a>(named: &'a [String], own: &'a [String]) -> impl Iterator<Item = &'a str> {
    let urls = if named.is_empty() { own } else { named };
    urls.iter()
        .map(String::as_str)
        .filter(|url| {
            url.get(..7)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"))
        })
        .take(MOST_ADDRESSES)
}

/// How many addresses of each kind of a certificate are asked.
const MOST_ADDRESSES: usize = 4;
