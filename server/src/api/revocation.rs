//! 失効申込 by program: what a holder's page does, with a program that holds the card as the agent does.

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::application::{self as rules, Complaint as Wrong, Field};
use casework::identity::{CertificateId, Serial};
use casework::refund::Refund;
use casework::revocation::{Case, Opened};
use casework::time::Instant;
use pki::certificate::Certificate;
use std::sync::Arc;
use wire::api::{CardCertificate, CardProved, CardShown, Challenge, Scope, SignedText, ToSign, Wanted};
use wire::card_request::{CardRequest, PinAfter, SamePin, authentication_message};
use wire::office::{Language, Text};
use wire::problem::Complaint;
use wire::revocation::{Application, Begin, Checked, Form, State};

use super::answer::Given;
use super::call::{Call, lower_hex};
use super::input::{Nothing, Sent};
use super::operation::Operation;
use super::problem::{No, both};
use crate::desk::evidence::{self, Signature, Unproven};
use crate::desk::revocation::{Command, Revocation};
use crate::desk::{CaseId, Done, Procedure as _, Standing};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::portal::form::{complained, named};
use crate::portal::receipt;
use crate::portal::revocation::Shown;
use crate::portal::revocation::application::check;
use crate::portal::{date, fact};
use crate::store::BegunRow;

pub(super) fn operations() -> Vec<Operation> {
    let write = |operation: Operation| operation.scope(Scope::RevocationWrite);
    vec![
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/revocations"),
                ("beginRevocation", "The holder has read both texts, in these versions"),
                begin,
            )
            .succeeds_with(StatusCode::CREATED),
        ),
        write(Operation::new(
            (Method::GET, "/offices/{office}/revocations/{case}"),
            ("readRevocation", "An application, as it stands"),
            read,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/revocations/{case}/card"),
            (
                "showCard",
                "Whether the office would take an application for this card, and what its key is to sign",
            ),
            show,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/revocations/{case}/presence"),
            ("proveCard", "The card has signed the challenge"),
            prove,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/revocations/{case}/check"),
            ("checkForm", "All complaints about a form at once; nothing is kept"),
            check_form,
        )),
        write(Operation::new(
            (Method::PUT, "/offices/{office}/revocations/{case}/application"),
            ("enterForm", "A form without complaints is taken"),
            enter,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/revocations/{case}/edit"),
            (
                "editForm",
                "What was entered can be changed again, and nothing can be signed any more",
            ),
            edit,
        )),
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/revocations/{case}/ask"),
                (
                    "askForText",
                    "Everything that was seen is confirmed, and the text goes out for signature",
                ),
                ask,
            )
            .of_the_seen(),
        ),
        write(Operation::new(
            (Method::POST, "/offices/{office}/revocations/{case}/confirm"),
            (
                "confirmRevocation",
                "The card has signed the text: the certificates are revoked",
            ),
            confirm,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/revocations/{case}/abandon"),
            ("abandonRevocation", "It is given up"),
            abandon,
        )),
    ]
}

/// A case of this token's account, with what it began with.
pub(super) struct Own {
    pub(super) office: Arc<Office>,
    pub(super) begun: BegunRow,
    pub(super) standing: Standing<Revocation>,
}

impl Own {
    /// Whoever else began it, it is not there (A17).
    pub(super) async fn of(call: &Call) -> Result<Self, No> {
        let (office, id) = (call.office()?, call.id("case")?);
        let own = call.acting()?.officer.id;
        let begun = call.store().begun_by_program(id).await?;
        let begun = begun
            .filter(|begun| begun.officer == own && begun.office == office.id)
            .ok_or_else(No::not_found)?;
        let standing = call.desk().standing(CaseId::from_octets(id)).await?;
        Ok(Self {
            office,
            begun,
            standing,
        })
    }

    fn opened(&self) -> Result<&Opened, No> {
        match &self.standing.case {
            Case::New | Case::Abandoned { .. } => Err(No::stale()),
            Case::Entering { opened, .. }
            | Case::Reviewing { opened, .. }
            | Case::Awaiting { opened, .. }
            | Case::Revoked { opened, .. } => Ok(opened),
        }
    }

    async fn perform(&self, call: &Call, command: &Command) -> Result<Done<Revocation>, No> {
        let actor = call.actor()?;
        Ok(call.desk().perform(&actor, self.standing.id, command).await?)
    }

    /// The card's request, as the agent would have it.
    fn request(&self) -> CardRequest {
        card_request(&self.office, Revocation::NOUN, self.begun.case, self.begun.nonce)
    }

    async fn shown(&self, call: &Call) -> Result<Shown, No> {
        let opened = self.opened()?;
        let certificate = receipt::certificate(&call.portal, &opened.subject.certificate).await?;
        let authentication = call.desk().authentication(&opened.subject, call.now).await?;
        let last = self
            .office
            .authority()?
            .revocation
            .policy
            .last_day(Instant(certificate.not_after()));
        Ok(Shown {
            certificate,
            authentication,
            last,
        })
    }

    /// As it stands after something was done.
    async fn told_now(self, call: &Call) -> Result<Given<Application>, No> {
        let standing = call.desk().standing(self.standing.id).await?;
        Self { standing, ..self }.told(call).await
    }

    async fn told(&self, call: &Call) -> Result<Given<Application>, No> {
        let (state, refund) = match &self.standing.case {
            Case::New => (State::Begun, None),
            Case::Entering { .. } => (State::Entering, None),
            Case::Reviewing { refund, .. } => (State::Reviewing, Some(refund)),
            Case::Awaiting { refund, .. } => (State::Awaiting, Some(refund)),
            Case::Revoked { refund, .. } => (State::Revoked, Some(refund)),
            Case::Abandoned { .. } => (State::Abandoned, None),
        };
        let card = match self.opened() {
            Ok(opened) => Some((opened, self.shown(call).await?)),
            Err(_) => None,
        };
        let number = match &self.standing.case {
            Case::Revoked { number, .. } => Some(number.to_string()),
            _ => None,
        };
        let version = self.standing.version;
        let application = Application {
            id: self.standing.id.to_string(),
            office: self.office.id.clone(),
            state,
            version,
            challenge: None,
            certificate: card.as_ref().map(|(opened, shown)| {
                let other = Some(opened.subject.authentication.serial);
                card_certificate(&opened.subject.certificate, &shown.certificate, other)
            }),
            last_moment: card.as_ref().map(|(_, shown)| shown.last.ends().0),
            refund_estimate: refund.and_then(|refund| match refund {
                Refund::Estimate { yen } => Some(*yen),
                Refund::None => Some(0),
                Refund::Unknown => None,
            }),
            to_sign: self.to_sign(call).await?,
            number,
        };
        Ok(Given::seen(application, version))
    }

    async fn to_sign(&self, call: &Call) -> Result<Option<ToSign>, No> {
        let Case::Awaiting {
            opened, text, until, ..
        } = &self.standing.case
        else {
            return Ok(None);
        };
        let written = call.store().text(self.standing.id.octets(), *text).await?;
        let written = written.ok_or_else(|| Fault::Bug(Bug(format!("the text {text} is not kept"))))?;
        Ok(Some(ToSign {
            text: written,
            digest: text.to_string(),
            language: self
                .standing
                .place
                .as_ref()
                .map(|place| place.language)
                .unwrap_or_default(),
            certificate: URL_SAFE_NO_PAD.encode(opened.subject.card.0),
            until: until.0,
        }))
    }
}

async fn begin(call: Call, Sent(begin): Sent<Begin>) -> Result<Given<Application>, No> {
    let office = call.office()?;
    let revocation = &office.authority()?.revocation;
    let (flow, terms) = (&revocation.flow, &revocation.terms);
    if begin.flow != flow.digest().to_string() || begin.terms != terms.digest().to_string() {
        return Err(casework::Refusal::NotInformed.into());
    }
    let begun = BegunRow {
        case: call.draw("revocation"),
        officer: call.acting()?.officer.id,
        office: office.id.clone(),
        language: begin.language,
        flow: flow.digest(),
        terms: terms.digest(),
        nonce: call.draw("nonce"),
        at: call.now,
    };
    call.store().begin_by_program(begun.clone()).await?;
    let id: CaseId<Revocation> = CaseId::from_octets(begun.case);
    let standing = call.desk().standing(id).await?;
    let location = format!("/offices/{}/revocations/{id}", office.id);
    let own = Own {
        office,
        begun,
        standing,
    };
    Ok(own.told(&call).await?.at(location))
}

async fn read(call: Call, _: Nothing) -> Result<Given<Application>, No> {
    Own::of(&call).await?.told(&call).await
}

/// In the order of DOMAIN §2.3: nobody types a PIN for a card that will not do.
async fn show(call: Call, Sent(card): Sent<CardShown>) -> Result<Given<Challenge>, No> {
    let own = Own::of(&call).await?;
    let (authentication, signature) = (
        octets("/authentication", &card.authentication)?,
        octets("/signature", &card.signature)?,
    );
    let shown = call.desk().shown(&own.office, &authentication, &signature).await;
    let shown = shown.map_err(|no| No::unproven(&no, &own.office, &issuer(&signature)))?;
    let last = own
        .office
        .authority()?
        .revocation
        .policy
        .last_day(Instant(shown.signature().not_after()));
    if call.now.day() > last {
        return Err(casework::Refusal::Late { last }.into());
    }
    let message = authentication_message(
        &call.portal.site().origin,
        &own.request(),
        &shown.authentication().fingerprint(),
    );
    Ok(Given::new(challenge(&message, &own.begun.nonce)))
}

async fn prove(call: Call, Sent(card): Sent<CardProved>) -> Result<Given<Application>, No> {
    let own = Own::of(&call).await?;
    if own.standing.case != Case::New {
        // The answer was lost: the same card gets it again, by reading it.
        return Err(No::stale());
    }
    if call.now
        > own
            .begun
            .at
            .plus_seconds(own.office.authority()?.revocation.policy.signature_within)
    {
        return Err(casework::Refusal::Lapsed.into());
    }
    let (authentication, signature) = (
        octets("/authentication", &card.authentication)?,
        octets("/signature", &card.signature)?,
    );
    let proof = octets("/proof", &card.proof)?;
    let told = |no: &Unproven| No::unproven(no, &own.office, &issuer(&signature));
    let shown = call.desk().shown(&own.office, &authentication, &signature).await;
    let shown = shown.map_err(|no| told(&no))?;
    let presented = evidence::presented(&call.portal.site().origin, &own.request(), &shown, &proof, call.now);
    let presented = presented.map_err(|no| told(&no))?;
    let command = Command::Open {
        office: own.office.id.clone(),
        language: own.begun.language,
        informed: evidence::informed(own.begun.flow, own.begun.terms, own.begun.at),
        presented,
        subject: shown.subject().clone(),
    };
    own.perform(&call, &command).await?;
    own.told_now(&call).await
}

async fn check_form(call: Call, Sent(form): Sent<Form>) -> Result<Given<Checked>, No> {
    let own = Own::of(&call).await?;
    let shown = own.shown(&call).await?;
    checked(&call, &own, &shown, form)?;
    Ok(Given::new(Checked { complete: true }))
}

async fn enter(call: Call, Sent(form): Sent<Form>) -> Result<Given<Application>, No> {
    let own = Own::of(&call).await?;
    call.is_seen(own.standing.version)?;
    let shown = own.shown(&call).await?;
    let application = checked(&call, &own, &shown, form)?;
    own.perform(&call, &Command::Enter(Box::new(application))).await?;
    own.told_now(&call).await
}

async fn edit(call: Call, _: Nothing) -> Result<Given<Application>, No> {
    let own = Own::of(&call).await?;
    call.is_seen(own.standing.version)?;
    own.perform(&call, &Command::Edit).await?;
    own.told_now(&call).await
}

async fn ask(call: Call, Sent(wanted): Sent<Wanted>) -> Result<Given<Application>, No> {
    let own = Own::of(&call).await?;
    call.is_seen(own.standing.version)?;
    let language = wanted.language;
    own.perform(&call, &Command::Ask { language }).await?;
    own.told_now(&call).await
}

async fn confirm(call: Call, Sent(signed): Sent<SignedText>) -> Result<Given<Application>, No> {
    let own = Own::of(&call).await?;
    let (Case::Awaiting { opened, text, .. } | Case::Revoked { opened, text, .. }) = &own.standing.case else {
        return Err(No::stale());
    };
    let written = call.store().text(own.standing.id.octets(), *text).await?;
    let written = written.ok_or_else(|| Fault::Bug(Bug(format!("the text {text} is not kept"))))?;
    let cms = octets("/cms", &signed.cms)?;
    let signature: Signature = evidence::possession(cms, &written, opened.subject.card, call.now)
        .map_err(|no| No::unproven(&no, &own.office, ""))?;
    own.perform(&call, &Command::Confirm(signature)).await?;
    own.told_now(&call).await
}

async fn abandon(call: Call, _: Nothing) -> Result<Given<Application>, No> {
    let own = Own::of(&call).await?;
    own.perform(&call, &Command::Abandon).await?;
    own.told_now(&call).await
}

/// The rules of the form and of the printed receipt, as the page has them; every complaint with its place.
fn checked(call: &Call, own: &Own, shown: &Shown, form: Form) -> Result<rules::Application, No> {
    let form = rules::Form {
        reason: form.reason,
        reason_detail: form.reason_detail,
        event_date: form.event_date,
        applicant_kana: form.applicant_kana,
        phone: form.phone,
        mail: form.mail,
        mail_again: form.mail_again,
        bank: form.bank,
        branch: form.branch,
        account_type: form.account_type,
        account_number: form.account_number,
        account_holder: form.account_holder,
        new_issue: form.new_issue,
    };
    let page = call.page(&own.office, Language::Ja);
    let earliest = Instant(shown.certificate.not_before()).day();
    let told = |(field, wrong): (Field, Wrong)| complaint(field, wrong, earliest);
    check(&page, &form, shown).map_err(|wrong| No::complaints(wrong.into_iter().map(told).collect()))
}

fn complaint(field: Field, wrong: Wrong, earliest: casework::time::Day) -> Complaint {
    let (name, _) = named(field);
    let message = |words: crate::catalogue::Words| {
        let label = words.say(&format!("field-{}", name.replace('_', "-")));
        complained(words, field, &label, wrong, &date::day(words, earliest))
    };
    Complaint {
        pointer: format!("/{name}"),
        code: message(crate::catalogue::Words::of(Language::En)).code,
        detail: both(message),
    }
}

/// What a card is asked, as the agent would be asked it.
pub(super) fn card_request(office: &Office, procedure: &str, id: [u8; 16], nonce: [u8; 32]) -> CardRequest {
    let nothing = Text {
        ja: String::new(),
        en: String::new(),
    };
    CardRequest {
        protocol: wire::PROTOCOL,
        id: URL_SAFE_NO_PAD.encode(id),
        session_mark: String::new(),
        office: office.wire(),
        procedure: procedure.to_owned(),
        title: nothing,
        language: Language::Ja,
        nonce: URL_SAFE_NO_PAD.encode(nonce),
        pin: office.card.pin.clone(),
        pin_after: PinAfter::Wiped,
        same_pin: SamePin::Off,
        watch: None,
        steps: Vec::new(),
        answered: 0,
        return_to: String::new(),
        expires_at: 0,
    }
}

pub(super) fn challenge(message: &[u8], nonce: &[u8; 32]) -> Challenge {
    Challenge {
        message: URL_SAFE_NO_PAD.encode(message),
        nonce: URL_SAFE_NO_PAD.encode(nonce),
    }
}

pub(super) fn card_certificate(
    id: &CertificateId,
    certificate: &Certificate,
    authentication: Option<Serial>,
) -> CardCertificate {
    let holder = certificate.holder();
    CardCertificate {
        authority: id.authority.0.clone(),
        serial: id.serial.to_string(),
        authentication_serial: authentication.map(|serial| serial.to_string()),
        issuer: certificate.issuer().readable(),
        holder: Some(fact::applicant(certificate)),
        holder_romaji: holder.as_ref().and_then(|holder| holder.name_romaji.clone()),
        organisation: holder.as_ref().and_then(|holder| holder.organisation.clone()),
        corporate_number: holder.and_then(|holder| holder.corporate_number),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
    }
}

/// base64url without padding, of an octet or more.
pub(super) fn octets(pointer: &str, text: &str) -> Result<Vec<u8>, No> {
    let octets = URL_SAFE_NO_PAD.decode(text).ok();
    let octets = octets.filter(|octets| !octets.is_empty());
    octets.ok_or_else(|| No::malformed(pointer, "it is not base64url without padding"))
}

/// Who issued a certificate, where that can be read.
pub(super) fn issuer(der: &[u8]) -> String {
    Certificate::parse(der).map_or_else(|_| String::new(), |certificate| certificate.issuer().readable())
}

/// A digest as it is written here.
pub(super) fn digest(text: &str) -> Option<casework::identity::Digest> {
    lower_hex(text).map(casework::identity::Digest)
}
