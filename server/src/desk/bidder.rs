//! What registration and renewal share at an ordering body: a card as it was read, the company behind it, and the two
//! compared.

use casework::card::Card;
use casework::evidence::Possession;
use casework::identity::{Company, Digest, Fingerprint, PersonNumber};
use casework::register::{self, BusinessNumber, CardNames, Compared, Entry};
use casework::renewal::Known;
use casework::review::{Approval, OwnCompany, Parties, Reason, Review, Rule, Verdict};
use casework::time::Instant;
use casework::{Refusal, characters, officer, registration, renewal};
use pki::certificate::Certificate;

use super::card::ShownCard;
use super::evidence::sha256;
use super::officer::{Acting, OfficerAccount};
use super::text::{is_for, quotes};
use super::{CaseId, Desk, Failure, Procedure};
use crate::fault::Fault;
use crate::office::{Office, ReasonUse};
use crate::store::{CardRow, EvidenceKind, NewEvidence};

/// A card as its signature certificate says it, in texts: what pages show, texts quote and names are compared with. Texts
/// are as received, and empty where the certificate says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardFace {
    /// Which card.
    pub card: Fingerprint,
    /// ICカード企業名称
    pub company: String,
    /// ICカード企業住所
    pub company_address: String,
    /// ICカード取得者氏名
    pub holder: String,
    /// ICカード取得者住所
    pub holder_address: String,
    /// 法人番号
    pub corporate_number: String,
    /// 証明書シリアル番号, decimal, in full.
    pub serial: String,
    /// 証明書発行者 (RFC 4514).
    pub issuer: String,
    /// First and last instant.
    pub valid: (Instant, Instant),
}

impl CardFace {
    /// What this certificate says.
    pub fn of(signature: &Certificate) -> Self {
        let content = signature.holder().unwrap_or_default();
        let either = |own: Option<String>, latin: Option<String>| own.or(latin).unwrap_or_default();
        Self {
            card: Fingerprint(signature.fingerprint()),
            company: either(content.organisation, content.organisation_romaji),
            company_address: content.organisation_address.unwrap_or_default(),
            holder: either(content.name, content.name_romaji),
            holder_address: content.address_romaji.unwrap_or_default(),
            corporate_number: content.corporate_number.unwrap_or_default(),
            serial: signature.serial().to_string(),
            issuer: signature.issuer().to_string(),
            valid: (Instant(signature.not_before()), Instant(signature.not_after())),
        }
    }

    /// Its names beside an entry of the register.
    pub fn compared(&self, entry: &Entry) -> Compared {
        let number = Some(self.corporate_number.as_str()).filter(|number| !number.is_empty());
        let names = CardNames {
            company: &self.company,
            holder: &self.holder,
            corporate_number: number,
            cut_after: None,
        };
        register::compare(entry, &names)
    }
}

/// A card that was shown, as it is kept.
impl From<&ShownCard> for CardRow {
    fn from(shown: &ShownCard) -> Self {
        let Card {
            card,
            authentication,
            issuer,
            ..
        } = shown.card();
        Self {
            card: *card,
            authentication: *authentication,
            issuer: *issuer,
            signature_der: shown.signature().der().to_vec(),
            authentication_der: shown.authentication().der().to_vec(),
        }
    }
}

impl Desk {
    /// How a card that was read here stands at an office at this moment: how the office knows it, and whether it is
    /// accepted.
    pub async fn card_known(&self, office: &Office, card: &CardRow) -> Result<Known, Fault> {
        let registered = self.store().registration_of_card(&office.id, card.card).await?;
        Ok(Known {
            binding: registered.map(|row| row.binding),
            standing: self
                .standing_of(office, &card.authentication_der, &card.signature_der)
                .await?,
        })
    }

    /// What a card that was read here says.
    pub async fn card_face(&self, card: Fingerprint) -> Result<Option<CardFace>, Fault> {
        let Some(row) = self.store().card(card).await? else {
            return Ok(None);
        };
        face(&row).map(Some)
    }

    /// The company's entry in the register of an office, if it has one that counts today.
    pub async fn entry(&self, office: &str, business: &BusinessNumber) -> Result<Option<Entry>, Fault> {
        let today = self.clock().now().day();
        let entry = self.store().entry(office, business).await?;
        Ok(entry.map(|row| row.entry).filter(|entry| entry.counts_on(today)))
    }

    /// Who and what an application of this company with these cards is about.
    pub(crate) async fn parties_of(&self, cards: &[CardFace], entry: Option<&Entry>) -> Result<Parties, Fault> {
        let mut parties = Parties::default();
        let mut company = |name: &str| {
            if !name.trim().is_empty() {
                parties.companies.push(Company(name.to_owned()));
            }
        };
        for card in cards {
            company(&card.company);
            company(&card.corporate_number);
        }
        if let Some(entry) = entry {
            company(&entry.name);
            company(entry.corporate_number.as_deref().unwrap_or_default());
        }
        for card in cards {
            parties.cards.push(card.card);
            parties.persons.extend(self.officer_with(card.card).await?);
        }
        Ok(parties)
    }

    /// Whose program applied, where one did: what an officer's own program sent off is the officer's own application, whoever's
    /// cards it had.
    pub(super) async fn program_of(&self, case: [u8; 16]) -> Result<Option<PersonNumber>, Fault> {
        let Some(begun) = self.store().begun_with_card(case).await? else {
            return Ok(None);
        };
        let account = self
            .look::<OfficerAccount>(CaseId::from_octets(begun.officer.0))
            .await?;
        Ok(account.account().map(|account| account.person.clone()))
    }

    async fn officer_with(&self, card: Fingerprint) -> Result<Option<PersonNumber>, Fault> {
        let row = self.store().officer_by_card(card).await?;
        Ok(row.map(|row| row.account.person))
    }

    /// What proves the first approval of what is held (A25): the account that it names has that person and that card, the
    /// kept text is signed by that card, was written for that person, and quotes what is decided upon.
    pub(super) async fn first_approval(
        &self,
        office: &Office,
        case: [u8; 16],
        review: &Review,
    ) -> Result<Option<Possession>, Fault> {
        let Some(first) = &review.first else { return Ok(None) };
        if !self.is_of_account(first).await? {
            return Ok(None);
        }
        let proved = self.proved(office, case, first).await?;
        Ok(proved.and_then(|(possession, text)| {
            (quotes(&text, review.content) && is_for(&text, &first.person)).then_some(possession)
        }))
    }

    /// Whoever proposed a decision signs it: its text names that officer.
    pub(super) async fn own_text<P: Procedure>(
        &self,
        case: CaseId<P>,
        signed: &Possession,
        acting: Option<&Acting>,
    ) -> Result<(), Failure> {
        let text = self.store().text(case.octets(), signed.text()).await?;
        match (text, acting) {
            (Some(text), Some(acting)) if !is_for(&text, &acting.officer.person) => {
                Err(Failure::Refused(Refusal::AnotherText))
            }
            _ => Ok(()),
        }
    }

    async fn is_of_account(&self, approval: &Approval) -> Result<bool, Fault> {
        let account = self
            .look::<OfficerAccount>(CaseId::from_octets(approval.officer.0))
            .await?;
        Ok(match &account {
            officer::Case::Active { account, card, .. }
            | officer::Case::Blocked {
                account,
                card: Some(card),
                ..
            } => account.person == approval.person && card.card == approval.card,
            officer::Case::New | officer::Case::Invited { .. } | officer::Case::Blocked { card: None, .. } => false,
        })
    }
}

/// What a kept card says.
pub(super) fn face(row: &CardRow) -> Result<CardFace, Fault> {
    Ok(CardFace::of(&parse(row)?))
}

fn parse(row: &CardRow) -> Result<Certificate, Fault> {
    Certificate::parse(&row.signature_der).map_err(|why| Fault::Corrupt {
        what: "a card",
        why: why.to_string(),
    })
}

/// The rules of renewals at an office, if it is an ordering body.
pub fn renewal_policy(office: &Office) -> Option<renewal::Policy> {
    let bidding = office.bidding().ok()?;
    Some(renewal::Policy {
        review: bidding.review,
        early_after_days: i32::from(bidding.early_after_days),
        signature_within: bidding.signature_within,
        returned_for_days: i32::from(bidding.returned_for_days),
        rule: rule(office),
    })
}

/// The rules of registrations at an office, if it is an ordering body.
pub fn registration_policy(office: &Office) -> Option<registration::Policy> {
    let bidding = office.bidding().ok()?;
    Some(registration::Policy {
        review: bidding.review,
        signature_within: bidding.signature_within,
        returned_for_days: i32::from(bidding.returned_for_days),
        rule: rule(office),
    })
}

/// An officer of a bidder's own company never decides there, whatever an authority may allow its own (DOMAIN §5.4).
const fn rule(office: &Office) -> Rule {
    Rule {
        own_company: OwnCompany::Refused,
        ..office.review.rule
    }
}

/// A reason is one of the office's, offered for this, with a remark of one line within bounds.
pub(super) fn offered(office: &Office, verdict: &Verdict) -> Result<(), Failure> {
    let (reason, used_for) = match verdict {
        Verdict::Approve => return Ok(()),
        Verdict::Deny(reason) => (reason, ReasonUse::Deny),
        Verdict::Return(reason) => (reason, ReasonUse::Return),
    };
    // Without any, the rules say so.
    if reason.key.is_empty() || fits(office, reason, used_for) {
        Ok(())
    } else {
        Err(Failure::Refused(Refusal::Stale))
    }
}

fn fits(office: &Office, reason: &Reason, used_for: ReasonUse) -> bool {
    office.reason(&reason.key, used_for).is_some() && reason.remark.as_deref().is_none_or(is_remark)
}

/// One line of at most 400 characters (DOMAIN §5.4).
pub(crate) fn is_remark(remark: &str) -> bool {
    characters::count(remark) <= LONGEST_REMARK && characters::forbidden(remark).is_none()
}

/// The company's answer to a 差戻し as it is kept: its digest is what is decided upon from then on. `text` is the page that was
/// signed; where none was, nothing was given back either.
pub(super) fn answered<P: Procedure>(
    case: CaseId<P>,
    text: Option<Digest>,
    remark: &str,
) -> Result<NewEvidence, Failure> {
    if remark.trim().is_empty() || !is_remark(remark) {
        return Err(Failure::Refused(Refusal::NoReason));
    }
    let text = text.ok_or(Failure::Refused(Refusal::Stale))?;
    let content = answered_content(case, text, remark)?.into_bytes();
    Ok(NewEvidence {
        kind: EvidenceKind::Content,
        digest: sha256(&content),
        content,
    })
}

/// What is decided upon, from what the case holds now: the signed page, and the answer where there is one.
pub(super) fn content<P: Procedure>(case: CaseId<P>, text: Digest, answer: Option<&str>) -> Result<Digest, Fault> {
    match answer {
        None => Ok(text),
        Some(answer) => Ok(sha256(answered_content(case, text, answer)?.as_bytes())),
    }
}

/// The signed page and the answer, one in a line each.
fn answered_content<P: Procedure>(case: CaseId<P>, text: Digest, answer: &str) -> Result<String, Fault> {
    let answer = serde_json::to_string(answer).map_err(|why| Fault::Bug(crate::fault::Bug(why.to_string())))?;
    Ok(format!(
        "KAGIMORI {} 1\ncase {}\ntext {text}\nanswer {answer}\n",
        P::NOUN,
        super::hex(&case.octets())
    ))
}

const LONGEST_REMARK: usize = 400;
