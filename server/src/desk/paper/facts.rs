//! What the store knows about an application on paper at the moment of a decision.

use casework::evidence::Possession;
use casework::identity::{CertificateId, Company, Fingerprint, PersonNumber};
use casework::number::Number;
use casework::officer;
use casework::paper::{Case, Entry, Facts};
use casework::review::{Parties, Review};
use casework::time::Instant;
use pki::certificate::Certificate;

use super::text::content;
use super::{Command, Paper};
use crate::desk::evidence::sha256;
use crate::desk::officer::{Acting, LOGS_IN, OfficerAccount, SIGNS};
use crate::desk::text::{is_for, quotes};
use crate::desk::{CaseId, Desk, Standing};
use crate::fault::Fault;
use crate::office::Office;
use crate::store::{CertificateRow, EvidenceKind};

/// What the record has about the certificate that an application names.
pub(super) struct Named {
    pub(super) row: CertificateRow,
    pub(super) certificate: Certificate,
    pub(super) revoked: Option<(Instant, Option<Number>)>,
    pub(super) others: Vec<CertificateId>,
    pub(super) parties: Parties,
}

/// What the record has; `None` where no authority whose cards the office takes has issued the certificate (A49): those of
/// its neighbours at this house are not its to revoke.
pub(super) async fn named(desk: &Desk, office: &Office, certificate: &CertificateId) -> Result<Option<Named>, Fault> {
    if !office.accepts(&certificate.authority) {
        return Ok(None);
    }
    let Some(row) = desk.store().certificate(certificate).await? else {
        return Ok(None);
    };
    let Some(der) = &row.der else { return Ok(None) };
    let parsed = parse(der)?;
    // Only what signs stands for a card.
    if !parsed.key_usage().is_some_and(|usage| usage.allows(SIGNS)) {
        return Ok(None);
    }
    let status = desk.store().status(certificate).await?;
    let others = others(desk, certificate).await?;
    let parties = parties(desk, office, &parsed).await?;
    Ok(Some(Named {
        revoked: status.map(|(status, number)| (status.revoked_at, number)),
        certificate: parsed,
        others,
        parties,
        row,
    }))
}

impl Desk {
    /// The card's other certificate, as the online procedure knows it: same issuer, same subject, another key, for
    /// authentication. There the card shows both. Here both halves of one order expire at the same moment, which tells a
    /// card from an earlier or a later one of the same holder; of several that one holder, or two of one name, ordered on
    /// one day, the first signature certificate belongs to the first authentication certificate, and so on.
    pub async fn other_halves(&self, id: &CertificateId) -> Result<Vec<CertificateId>, Fault> {
        let der = self.store().certificate(id).await?.and_then(|row| row.der);
        let Some(der) = der else { return Ok(Vec::new()) };
        let certificate = parse(&der)?;
        let (mut signing, mut logging_in) = (Vec::new(), Vec::new());
        let until = Instant(certificate.not_after());
        for (other, der) in self.store().expiring_at(&id.authority, until).await? {
            let candidate = parse(&der)?;
            let usage = candidate.key_usage();
            let alike = candidate.subject() == certificate.subject()
                && candidate.issuer() == certificate.issuer()
                && candidate.holder() == certificate.holder();
            if alike && usage.is_some_and(|usage| usage.allows(SIGNS)) {
                signing.push(other);
            } else if alike
                && candidate.public_key() != certificate.public_key()
                && usage.is_some_and(|usage| usage.allows(LOGS_IN))
            {
                logging_in.push(other);
            }
        }
        let half = signing
            .iter()
            .position(|other| other == id)
            .and_then(|place| logging_in.into_iter().nth(place));
        Ok(half.into_iter().collect())
    }
}

/// What is revoked already is not revoked again.
async fn others(desk: &Desk, id: &CertificateId) -> Result<Vec<CertificateId>, Fault> {
    let mut others = Vec::new();
    for half in desk.other_halves(id).await? {
        if desk.store().status(&half).await?.is_none() {
            others.push(half);
        }
    }
    Ok(others)
}

/// Whose it is: the organisation by its number and by its name, the card, and its holder where that is an officer.
async fn parties(desk: &Desk, office: &Office, certificate: &Certificate) -> Result<Parties, Fault> {
    let card = Fingerprint(certificate.fingerprint());
    let holder = certificate.holder();
    let companies = holder
        .into_iter()
        .flat_map(|holder| [holder.corporate_number, holder.organisation])
        .flatten()
        .map(Company)
        .collect();
    Ok(Parties {
        persons: persons(desk, office, certificate).await?,
        cards: vec![card],
        companies,
    })
}

/// The officers whose card it is, or was: the one before a lost card was replaced is nobody else's. The register knows the
/// card of today alone, so a holder of the same name at the same organisation counts as the same person (A22).
async fn persons(desk: &Desk, office: &Office, certificate: &Certificate) -> Result<Vec<PersonNumber>, Fault> {
    let store = desk.store();
    let now = store.officer_by_card(Fingerprint(certificate.fingerprint())).await?;
    let mut persons: Vec<_> = now.into_iter().map(|row| row.account.person).collect();
    let Some(holder) = certificate.holder().filter(|holder| holder.name.is_some()) else {
        return Ok(persons);
    };
    let name = holder.name.as_deref().map(plain);
    for row in store.officers(&office.id).await? {
        // An account has the name of its card.
        let Some(card) = row.state.card().filter(|_| name == Some(plain(&row.account.name))) else {
            continue;
        };
        let known = store.certificate_by_fingerprint(card).await?;
        let Some(der) = known.and_then(|row| row.der) else {
            continue;
        };
        let same = parse(&der)?
            .holder()
            .is_some_and(|known| known.organisation == holder.organisation);
        if same && !persons.contains(&row.account.person) {
            persons.push(row.account.person);
        }
    }
    Ok(persons)
}

pub(super) async fn facts(
    desk: &Desk,
    office: &Office,
    standing: &Standing<Paper>,
    command: &Command,
    (acting, named): (Option<&Acting>, Option<&Named>),
) -> Result<Facts, Fault> {
    let to = match command {
        Command::Reassign { to } => desk.acting(*to).await?.filter(|acting| acting.office == office.id),
        _ => None,
    };
    let first = match (&standing.case, command) {
        (Case::Waiting { entry, review, .. }, Command::Decide(_)) => {
            first(desk, office, standing.id, entry, review).await?
        }
        _ => None,
    };
    Ok(Facts {
        officer: acting.map(|acting| acting.officer.clone()),
        to: to.map(|acting| acting.officer),
        parties: named.map(|named| named.parties.clone()).unwrap_or_default(),
        first,
        validity: named.map(|named| (named.row.not_before, named.row.not_after)),
        revoked: named.and_then(|named| named.revoked),
        others: named.map(|named| named.others.clone()).unwrap_or_default(),
        purchase: named.and_then(|named| named.row.purchase),
    })
}

/// What proves the first approval (A25): the account that it names has that person and that card, the kept text is signed
/// by that card, it quotes the content, and the content is what the case holds now, with its files.
async fn first(
    desk: &Desk,
    office: &Office,
    case: CaseId<Paper>,
    entry: &Entry,
    review: &Review,
) -> Result<Option<Possession>, Fault> {
    let Some(first) = &review.first else { return Ok(None) };
    let account = desk
        .look::<OfficerAccount>(CaseId::from_octets(first.officer.0))
        .await?;
    let is_theirs = match &account {
        officer::Case::Active { account, card, .. }
        | officer::Case::Blocked {
            account,
            card: Some(card),
            ..
        } => account.person == first.person && card.card == first.card,
        officer::Case::New | officer::Case::Invited { .. } | officer::Case::Blocked { card: None, .. } => false,
    };
    if !is_theirs || sha256(content(case, entry)?.as_bytes()) != review.content {
        return Ok(None);
    }
    for file in &entry.files {
        let kept = desk
            .store()
            .evidence(case.octets(), EvidenceKind::File, file.digest)
            .await?;
        if kept.is_none_or(|octets| sha256(&octets) != file.digest) {
            return Ok(None);
        }
    }
    let proved = desk.proved(office, case.octets(), first).await?;
    Ok(proved.and_then(|(possession, text)| {
        (quotes(&text, review.content) && is_for(&text, &first.person)).then_some(possession)
    }))
}

/// Names on cards are written with and without a space between.
fn plain(name: &str) -> String {
    name.split_whitespace().collect()
}

fn parse(der: &[u8]) -> Result<Certificate, Fault> {
    Certificate::parse(der).map_err(|why| Fault::Corrupt {
        what: "a certificate",
        why: why.to_string(),
    })
}
