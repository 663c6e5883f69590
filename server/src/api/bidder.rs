//! What registration and renewal at an ordering body share for programs: whose case it is, the cards as they show and prove
//! themselves, and the pieces of what is told. The desk decides, here as for pages; what a page asks of a login, a program
//! shows by the card's own signature (A24).

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::evidence::Presented;
use casework::identity::{Digest, Fingerprint};
use casework::names::{self, Comparison};
use casework::register::{self, Entry, Person};
use casework::time::{Day, Instant};
use casework::{Refusal, registration};
use std::sync::Arc;
use wire::api::{CardProved, Challenge, ToSign};
use wire::bidder::{Against, BidderCard, Class, Compared, Contact, Difference, Likeness, Listed, Reply};
use wire::card_request::{CardRequest, authentication_message};
use wire::office::Language;

use super::answer::{File, Pdf};
use super::call::{Call, id_of};
use super::problem::No;
use super::revocation::{card_request, challenge, issuer, octets};
use crate::catalogue::Words;
use crate::desk::bidder::{CardFace, is_remark};
use crate::desk::card::ShownCard;
use crate::desk::evidence::{self, Signature, Unproven, sha256};
use crate::desk::{CaseId, Done, Failure, Procedure, Standing};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::portal::bidding::{Whose, advised};
use crate::portal::card_request::told;
use crate::portal::receipt::{bidder_pdf, undrawable};
use crate::portal::refusal;
use crate::print::bidder::Receipt;
use crate::store::BegunWithCard;

/// A case of this token's account, with what it began with.
pub(super) struct Own<P: Procedure> {
    pub(super) office: Arc<Office>,
    pub(super) begun: BegunWithCard,
    pub(super) standing: Standing<P>,
}

impl<P: Procedure> Own<P> {
    /// Begins one. Nothing is a case before a card has proved itself.
    pub(super) async fn begin(call: &Call, language: Language, change: bool) -> Result<Self, No> {
        let office = call.office()?;
        office.bidding()?;
        let begun = BegunWithCard {
            case: call.draw(P::NOUN),
            officer: call.acting()?.officer.id,
            office: office.id.clone(),
            procedure: P::NOUN.to_owned(),
            change,
            language,
            nonce: call.draw("nonce"),
            at: call.now,
        };
        call.store().begin_with_card(begun.clone()).await?;
        Self::read(call, office, begun).await
    }

    /// Whoever else began it, it is not there (A17).
    pub(super) async fn of(call: &Call) -> Result<Self, No> {
        let (office, id) = (call.office()?, id_of(call.part("case")).ok_or_else(No::not_found)?);
        let own = call.acting()?.officer.id;
        let begun = call.store().begun_with_card(id).await?;
        let begun = begun
            .filter(|begun| begun.officer == own && begun.office == office.id && begun.procedure == P::NOUN)
            .ok_or_else(No::not_found)?;
        Self::read(call, office, begun).await
    }

    async fn read(call: &Call, office: Arc<Office>, begun: BegunWithCard) -> Result<Self, No> {
        let standing = call.desk().standing(CaseId::from_octets(begun.case)).await?;
        Ok(Self {
            office,
            begun,
            standing,
        })
    }

    /// As it stands after something was done.
    pub(super) async fn again(self, call: &Call) -> Result<Self, No> {
        Self::read(call, self.office, self.begun).await
    }

    pub(super) async fn perform(&self, call: &Call, command: &P::Command) -> Result<Done<P>, No> {
        let actor = call.actor()?;
        let done = call.desk().perform(&actor, self.standing.id, command).await;
        done.map_err(no)
    }

    /// Whoever began it and never went on begins anew.
    pub(super) fn is_fresh(&self, call: &Call) -> Result<(), No> {
        let within = self.office.bidding()?.signature_within;
        if call.now > self.begun.at.plus_seconds(within) {
            return Err(refused(&Refusal::Lapsed));
        }
        Ok(())
    }

    /// Below `/api/v1`.
    pub(super) fn location(&self) -> String {
        format!("/offices/{}/{}s/{}", self.office.id, P::NOUN, self.standing.id)
    }

    /// The language of its texts and letters.
    pub(super) fn language(&self) -> Language {
        let place = self.standing.place.as_ref();
        place.map_or(self.begun.language, |place| place.language)
    }

    /// The card's certificates, checked in the order of DOMAIN §2.3.
    pub(super) async fn shown(&self, call: &Call, authentication: &str, signature: &str) -> Result<ShownCard, No> {
        let (authentication, signature) = (
            octets("/authentication", authentication)?,
            octets("/signature", signature)?,
        );
        let shown = call.desk().card_shown(&self.office, &authentication, &signature).await;
        shown.map_err(|why| self.unproven(&why, &issuer(&signature)))
    }

    /// What the card at hand is to answer: at this state of the case and at no other.
    pub(super) fn challenge(&self, call: &Call, shown: &ShownCard) -> Challenge {
        let origin = &call.portal.site().origin;
        let message = authentication_message(origin, &self.request(), &shown.authentication().fingerprint());
        challenge(&message, &self.nonce())
    }

    /// The card at hand has answered it.
    pub(super) async fn presented(&self, call: &Call, card: &CardProved) -> Result<(ShownCard, Presented), No> {
        let shown = self.shown(call, &card.authentication, &card.signature).await?;
        let proof = octets("/proof", &card.proof)?;
        let origin = &call.portal.site().origin;
        let presented = evidence::presented_card(origin, &self.request(), &shown, &proof, call.now);
        let presented = presented.map_err(|why| self.unproven(&why, ""))?;
        Ok((shown, presented))
    }

    /// The signature of this card over the case's text.
    pub(super) async fn signed(
        &self,
        call: &Call,
        cms: &str,
        text: Digest,
        card: Fingerprint,
    ) -> Result<Signature, No> {
        let written = self.text(call, text).await?;
        let cms = octets("/cms", cms)?;
        let signature = evidence::possession(cms, &written, card, call.now);
        signature.map_err(|why| self.unproven(&why, ""))
    }

    /// The text that is out for this card's signature.
    pub(super) async fn to_sign(
        &self,
        call: &Call,
        text: Digest,
        card: Fingerprint,
        until: Instant,
    ) -> Result<ToSign, No> {
        let written = self.text(call, text).await?;
        Ok(to_sign(written, self.language(), card, until))
    }

    pub(super) fn unproven(&self, why: &Unproven, issuer: &str) -> No {
        self.unproven_of(Whose::Registered, why, issuer)
    }

    /// The same of either of a company's cards.
    pub(super) fn unproven_of(&self, whose: Whose, why: &Unproven, issuer: &str) -> No {
        if let Unproven::Fault(fault) = why {
            return fault.clone().into();
        }
        tracing::info!(unproven = %why, "a card was not taken");
        let message = |words| advised(words, whose, told(words, why, &self.office.name, issuer));
        No::told(StatusCode::CONFLICT, message)
    }

    async fn text(&self, call: &Call, text: Digest) -> Result<String, No> {
        let written = call.store().text(self.standing.id.octets(), text).await?;
        written.ok_or_else(|| Fault::Bug(Bug(format!("the text {text} is not kept"))).into())
    }

    fn request(&self) -> CardRequest {
        card_request(&self.office, P::NOUN, self.begun.case, self.nonce())
    }

    /// An answer to one state of the case is none to the next, so that no proof is worth anything twice (A14).
    fn nonce(&self) -> [u8; 32] {
        let version = self.standing.version.to_be_bytes();
        sha256(&[b"KAGIMORI presence 1\0".as_slice(), &self.begun.nonce, &version].concat()).0
    }
}

/// What the rules say no to, with what a bidder does about it.
pub(super) fn refused(refusal: &Refusal) -> No {
    refused_of(Whose::Registered, refusal)
}

/// The same of either of a company's cards.
pub(super) fn refused_of(whose: Whose, refusal: &Refusal) -> No {
    let (status, _) = refusal::refused(Words::of(Language::Ja), refusal);
    No::told(status, |words| {
        advised(words, whose, refusal::refused(words, refusal).1)
    })
}

pub(super) fn no(failure: Failure) -> No {
    match failure {
        Failure::Refused(refusal) => refused(&refusal),
        Failure::Fault(fault) => fault.into(),
    }
}

pub(super) fn to_sign(text: String, language: Language, card: Fingerprint, until: Instant) -> ToSign {
    ToSign {
        digest: sha256(text.as_bytes()).to_string(),
        text,
        language,
        certificate: URL_SAFE_NO_PAD.encode(card.0),
        until: until.0,
    }
}

pub(super) fn card(face: &CardFace) -> BidderCard {
    BidderCard {
        card: face.card.to_string(),
        company: face.company.clone(),
        company_address: face.company_address.clone(),
        holder: face.holder.clone(),
        holder_address: face.holder_address.clone(),
        corporate_number: face.corporate_number.clone(),
        serial: face.serial.clone(),
        issuer: face.issuer.clone(),
        not_before: face.valid.0.0,
        not_after: face.valid.1.0,
    }
}

pub(super) fn listed(entry: &Entry) -> Listed {
    let day = |day: Day| day.date().to_string();
    Listed {
        number: entry.number.to_string(),
        name: entry.name.clone(),
        address: entry.address.clone(),
        representative: entry.shown_representative().to_owned(),
        corporate_number: entry.corporate_number.clone(),
        valid_from: day(entry.valid.0),
        valid_until: day(entry.valid.1),
    }
}

pub(super) fn compared(compared: &register::Compared) -> Compared {
    Compared {
        company: likeness(&compared.company),
        person: likeness(&compared.person),
        against: match compared.against {
            Person::Representative => Against::Representative,
            Person::Delegate => Against::Delegate,
        },
    }
}

fn likeness(comparison: &Comparison) -> Likeness {
    Likeness {
        class: match comparison.class {
            names::Class::Match => Class::Match,
            names::Class::Variant => Class::Variant,
            names::Class::NotComparable => Class::NotComparable,
            names::Class::Mismatch => Class::Mismatch,
        },
        differences: comparison
            .differences
            .iter()
            .map(|difference| Difference {
                register: difference.register.text.clone(),
                card: difference.card.text.clone(),
                variant: difference.variant,
            })
            .collect(),
    }
}

pub(super) fn contact(contact: &registration::Contact) -> Contact {
    Contact {
        department: contact.department.clone(),
        name: contact.name.clone(),
        phone: contact.phone.clone(),
        fax: contact.fax.clone(),
        mail: contact.mail.clone(),
    }
}

/// What the company says, in one line.
pub(super) fn remark(reply: &Reply) -> Result<String, No> {
    let remark = reply.remark.split_whitespace().collect::<Vec<_>>().join(" ");
    if is_remark(&remark) && !remark.is_empty() {
        Ok(remark)
    } else {
        Err(No::malformed("/remark", "one line of 1 to 400 characters"))
    }
}

/// The card that says it.
pub(super) fn proved(reply: Reply) -> CardProved {
    CardProved {
        authentication: reply.authentication,
        signature: reply.signature,
        proof: reply.proof,
    }
}

/// A receipt as PDF. A character that no font has is refused by name.
pub(super) async fn printed(receipt: Option<Receipt>) -> Result<File<Pdf>, No> {
    let receipt = receipt.ok_or_else(No::not_found)?;
    let name = format!("receipt-{}.pdf", receipt.number);
    let octets = bidder_pdf(receipt).await?;
    let octets =
        octets.map_err(|character| No::told(StatusCode::UNPROCESSABLE_ENTITY, |words| undrawable(words, character)))?;
    Ok(File {
        kind: Pdf,
        octets,
        name,
    })
}
