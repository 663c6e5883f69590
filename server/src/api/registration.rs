//! 利用者登録 by program, 登録 and 変更: what a company's pages do, with a program that holds the card as the agent does.

use axum::http::{Method, StatusCode, header};
use casework::application;
use casework::register::{BusinessNumber, Compared, Entry};
use casework::registration::{self as rules, Case, Contact, Field, Opened, Submitted};
use casework::review::Reason;
use casework::time::Instant;
use wire::api::{CardProved, CardShown, Challenge, Scope, SignedText, ToSign, Wanted};
use wire::bidder::{BidderReceipt, Reply};
use wire::code::Code;
use wire::problem::Complaint;
use wire::registration::{
    BeginRegistration, CompanyProof, ContactForm, Kind, Registration as Told, RegistrationState as State, SecretKind,
};
use wire::revocation::Checked;

use super::answer::{File, Given, Pdf};
use super::bidder::{self, Own, no};
use super::call::Call;
use super::input::{Nothing, Sent};
use super::operation::Operation;
use super::problem::{No, both};
use crate::catalogue::Words;
use crate::desk::Procedure as _;
use crate::desk::bidder::{CardFace, registration_policy};
use crate::desk::evidence::CompanyProof as Proved;
use crate::desk::registration::{Command, Registration};
use crate::fault::{Bug, Fault};
use crate::office::ReasonUse;
use crate::portal::receipt::check_code;
use crate::portal::refusal::complained;
use crate::portal::registration::{check, done, field, unproven};
use crate::print::revocation::Print;
use crate::store::{CardRow, Proof};

pub(super) fn operations() -> Vec<Operation> {
    let write = |operation: Operation| operation.scope(Scope::RegistrationWrite);
    vec![
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/registrations"),
                ("beginRegistration", "登録 or 変更: a card is to be shown next"),
                begin,
            )
            .succeeds_with(StatusCode::CREATED),
        ),
        write(Operation::new(
            (Method::GET, "/offices/{office}/registrations/{case}"),
            ("readRegistration", "A registration, as it stands"),
            read,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/registrations/{case}/card"),
            (
                "showCardToRegister",
                "Whether the office would take this card, and what its authentication key is to sign: for `presence`, or \
                 for `withdraw` and `answer` once it was applied for",
            ),
            show,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/registrations/{case}/presence"),
            (
                "proveCardToRegister",
                "The card has signed the challenge: the case begins",
            ),
            prove,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/registrations/{case}/company"),
            (
                "proveCompany",
                "The company is the one in the register, by its number and its secret. Failures are counted",
            ),
            company,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/registrations/{case}/check"),
            ("checkContact", "All complaints about a form at once; nothing is kept"),
            check_form,
        )),
        write(Operation::new(
            (Method::PUT, "/offices/{office}/registrations/{case}/contact"),
            ("enterContact", "A form without complaints is taken"),
            enter,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/registrations/{case}/edit"),
            (
                "editContact",
                "What was entered can be changed again, and nothing can be signed any more",
            ),
            edit,
        )),
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/registrations/{case}/ask"),
                (
                    "askForRegistrationText",
                    "Everything that was seen is confirmed, and the text goes out for signature",
                ),
                ask,
            )
            .of_the_seen(),
        ),
        write(Operation::new(
            (Method::POST, "/offices/{office}/registrations/{case}/confirm"),
            (
                "confirmRegistration",
                "The card has signed the text: in force at once, or held for review",
            ),
            confirm,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/registrations/{case}/abandon"),
            ("abandonRegistration", "It is given up before it is signed"),
            abandon,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/registrations/{case}/withdraw"),
            ("withdrawRegistration", "取下げ of what is held, by its card"),
            withdraw,
        )),
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/registrations/{case}/answer"),
                ("answerRegistration", "The company's answer to a 差戻し, by its card"),
                answer,
            )
            .of_the_seen(),
        ),
        write(Operation::new(
            (Method::GET, "/offices/{office}/registrations/{case}/receipt"),
            ("readRegistrationReceipt", "What was applied for, with its check code"),
            receipt,
        )),
        write(Operation::new(
            (Method::GET, "/offices/{office}/registrations/{case}/receipt.pdf"),
            (
                "printRegistrationReceipt",
                "The same as PDF, in the language of the application",
            ),
            print,
        )),
    ]
}

/// What is told of a state beside what every state has.
#[derive(Default)]
struct Particulars<'a> {
    contact: Option<&'a Contact>,
    to_sign: Option<ToSign>,
    because: Option<(&'a Reason, ReasonUse, Option<Instant>)>,
}

impl Own<Registration> {
    fn opened(&self) -> Result<&Opened, No> {
        self.standing.case.opened().ok_or_else(No::stale)
    }

    fn kind(&self) -> rules::Kind {
        self.standing
            .case
            .opened()
            .map_or(rules::Kind::New, |opened| opened.kind)
    }

    async fn told_now(self, call: &Call) -> Result<Given<Told>, No> {
        self.again(call).await?.told(call).await
    }

    async fn told(&self, call: &Call) -> Result<Given<Told>, No> {
        let case = &self.standing.case;
        let mut more = Particulars::default();
        let state = match case {
            Case::New => State::Begun,
            Case::Entering { business, draft, .. } => {
                more.contact = draft.as_deref();
                if business.is_some() {
                    State::Entering
                } else {
                    State::Proving
                }
            }
            Case::Reviewing { contact, .. } => {
                more.contact = Some(contact);
                State::Reviewing
            }
            Case::Awaiting {
                opened,
                contact,
                text,
                until,
                ..
            } => {
                more.contact = Some(contact);
                more.to_sign = Some(self.to_sign(call, *text, opened.card, *until).await?);
                State::Awaiting
            }
            Case::Held { .. } => State::Held,
            Case::Returned { reason, until, .. } => {
                more.because = Some((reason, ReasonUse::Return, Some(*until)));
                State::Returned
            }
            Case::Registered { .. } => State::Registered,
            Case::Denied { reason, .. } => {
                more.because = Some((reason, ReasonUse::Deny, None));
                State::Denied
            }
            Case::Withdrawn { .. } => State::Withdrawn,
            Case::Lapsed { .. } => State::Lapsed,
            Case::Abandoned { .. } => State::Abandoned,
        };
        let submitted = case.submitted();
        let face = match case.opened() {
            Some(opened) => Some(self.face(call, opened).await?),
            None => None,
        };
        let entry = self.entry(call).await?;
        let compared = self.compared(face.as_ref(), entry.as_ref());
        let open = matches!(case, Case::Reviewing { .. } | Case::Awaiting { .. });
        let policy = registration_policy(&self.office).filter(|_| open);
        let version = self.standing.version;
        let told = Told {
            id: self.standing.id.to_string(),
            office: self.office.id.clone(),
            kind: if self.begun.change { Kind::Change } else { Kind::New },
            state,
            version,
            card: face.as_ref().map(bidder::card),
            number: case.business().map(BusinessNumber::to_string),
            listed: entry.as_ref().map(bidder::listed),
            will_be_held: policy.map(|policy| policy.review.holds(compared.as_ref())),
            compared: compared.as_ref().map(bidder::compared),
            contact: more
                .contact
                .or_else(|| submitted.map(|submitted| &*submitted.contact))
                .map(bidder::contact),
            before: self.before(call).await?.as_ref().map(bidder::contact),
            to_sign: more.to_sign,
            receipt: submitted.map(|submitted| submitted.number.to_string()),
            because: more
                .because
                .map(|(reason, used_for, until)| self.office.because(reason, used_for, until)),
            answer: submitted.and_then(|submitted| submitted.answer.clone()),
        };
        Ok(Given::seen(told, version))
    }

    async fn face(&self, call: &Call, opened: &Opened) -> Result<CardFace, No> {
        let face = call.desk().card_face(opened.card).await?;
        face.ok_or_else(|| Fault::Bug(Bug(format!("the card {} is not kept", opened.card))).into())
    }

    async fn entry(&self, call: &Call) -> Result<Option<Entry>, No> {
        Ok(match self.standing.case.business() {
            Some(business) => call.desk().entry(&self.office.id, business).await?,
            None => None,
        })
    }

    /// As it was compared when it was applied for; before that, as it would be now.
    fn compared(&self, face: Option<&CardFace>, entry: Option<&Entry>) -> Option<Compared> {
        match self.standing.case.submitted() {
            Some(submitted) => submitted.compared.clone(),
            None => Some(face?.compared(entry?)),
        }
    }

    /// What is registered, of a change that was not made.
    async fn before(&self, call: &Call) -> Result<Option<Contact>, No> {
        let rules::Kind::Change { registration } = self.kind() else {
            return Ok(None);
        };
        let row = call.store().registration(registration).await?;
        Ok(row.map(|row| row.contact))
    }

    /// The form is filled in once the company is known.
    fn is_known(&self) -> Result<(), No> {
        self.opened()?;
        match self.standing.case.business() {
            Some(_) => Ok(()),
            None => Err(bidder::refused(&casework::Refusal::CompanyUnproven)),
        }
    }

    fn submitted(&self) -> Result<&Submitted, No> {
        self.standing.case.submitted().ok_or_else(No::not_found)
    }
}

async fn begin(call: Call, Sent(begin): Sent<BeginRegistration>) -> Result<Given<Told>, No> {
    let own: Own<Registration> = Own::begin(&call, begin.language, begin.kind == Kind::Change).await?;
    let location = own.location();
    Ok(own.told(&call).await?.at(location))
}

async fn read(call: Call, _: Nothing) -> Result<Given<Told>, No> {
    Own::<Registration>::of(&call).await?.told(&call).await
}

/// Nobody types a PIN for a card that will not do.
async fn show(call: Call, Sent(card): Sent<CardShown>) -> Result<Given<Challenge>, No> {
    let own: Own<Registration> = Own::of(&call).await?;
    let shown = own.shown(&call, &card.authentication, &card.signature).await?;
    if own.standing.case == Case::New {
        let kind = kind_of(&call, &own, &shown).await?;
        let taken = call.desk().registrable_card(&own.office, &shown, kind).await;
        taken.map_err(no)?;
    }
    Ok(Given::new(own.challenge(&call, &shown)))
}

/// 変更 is of what is registered with the card at hand.
async fn kind_of(
    call: &Call,
    own: &Own<Registration>,
    shown: &crate::desk::card::ShownCard,
) -> Result<rules::Kind, No> {
    if !own.begun.change {
        return Ok(rules::Kind::New);
    }
    let row = call
        .store()
        .registration_of_card(&own.office.id, shown.card().card)
        .await?;
    let now = call.now;
    let registration = casework::card::registered(row.map(|row| row.binding), shown.standing(), now);
    let registration = registration.map_err(|refusal| bidder::refused(&refusal))?;
    Ok(rules::Kind::Change { registration })
}

async fn prove(call: Call, Sent(card): Sent<CardProved>) -> Result<Given<Told>, No> {
    let own: Own<Registration> = Own::of(&call).await?;
    if own.standing.case != Case::New {
        // The answer was lost: the same card gets it again, by reading it.
        return Err(No::stale());
    }
    own.is_fresh(&call)?;
    let (shown, presented) = own.presented(&call, &card).await?;
    let command = Command::Open {
        office: own.office.id.clone(),
        language: own.begun.language,
        kind: kind_of(&call, &own, &shown).await?,
        presented,
        card: Box::new(CardRow::from(&shown)),
    };
    own.perform(&call, &command).await?;
    own.told_now(&call).await
}

async fn company(call: Call, Sent(proof): Sent<CompanyProof>) -> Result<Given<Told>, No> {
    let own: Own<Registration> = Own::of(&call).await?;
    // Nobody's secret is looked at for a case that does not ask for one.
    if !matches!(own.standing.case, Case::Entering { business: None, .. }) {
        return Err(No::stale());
    }
    let empty = |pointer: &str, label: &str| {
        let message = |words: Words| words.message(Code::Req, &[("field", &words.say(label))]);
        Complaint {
            pointer: pointer.to_owned(),
            code: Code::Req,
            detail: both(message),
        }
    };
    let (typed, secret) = (proof.number.trim(), proof.secret.trim());
    let mut missing = Vec::new();
    if typed.is_empty() {
        missing.push(empty("/number", "registration-prove-number"));
    }
    if secret.is_empty() {
        missing.push(empty("/secret", "registration-prove-secret"));
    }
    if !missing.is_empty() {
        return Err(No::complaints(missing));
    }
    let proved = match BusinessNumber::parse(typed) {
        None => Proved::No,
        Some(number) => {
            let proof = match proof.kind {
                SecretKind::Password => Proof::Password(secret),
                SecretKind::Code => Proof::Code(secret),
            };
            call.desk().prove_company(&own.office, &number, proof).await?
        }
    };
    match proved {
        Proved::Proved(company) => {
            own.perform(&call, &Command::Prove(company)).await?;
            own.told_now(&call).await
        }
        Proved::Later { until } => {
            let wait = (until.0 - call.now.0).max(1).to_string();
            let no = No::told(StatusCode::TOO_MANY_REQUESTS, |words| unproven(words, &proved));
            Err(no.with(header::RETRY_AFTER, &wait))
        }
        Proved::Unqualified | Proved::No => Err(No::told(StatusCode::FORBIDDEN, |words| unproven(words, &proved))),
    }
}

async fn check_form(call: Call, Sent(form): Sent<ContactForm>) -> Result<Given<Checked>, No> {
    let own: Own<Registration> = Own::of(&call).await?;
    own.is_known()?;
    checked(form)?;
    Ok(Given::new(Checked { complete: true }))
}

async fn enter(call: Call, Sent(form): Sent<ContactForm>) -> Result<Given<Told>, No> {
    let own: Own<Registration> = Own::of(&call).await?;
    call.is_seen(own.standing.version)?;
    own.is_known()?;
    let contact = Box::new(checked(form)?);
    own.perform(&call, &Command::Enter(contact)).await?;
    own.told_now(&call).await
}

async fn edit(call: Call, _: Nothing) -> Result<Given<Told>, No> {
    let own: Own<Registration> = Own::of(&call).await?;
    call.is_seen(own.standing.version)?;
    own.perform(&call, &Command::Edit).await?;
    own.told_now(&call).await
}

async fn ask(call: Call, Sent(wanted): Sent<Wanted>) -> Result<Given<Told>, No> {
    let own: Own<Registration> = Own::of(&call).await?;
    call.is_seen(own.standing.version)?;
    let language = wanted.language;
    own.perform(&call, &Command::Ask { language }).await?;
    own.told_now(&call).await
}

async fn confirm(call: Call, Sent(signed): Sent<SignedText>) -> Result<Given<Told>, No> {
    let own: Own<Registration> = Own::of(&call).await?;
    let (text, card) = match &own.standing.case {
        Case::Awaiting { opened, text, .. } => (*text, opened.card),
        // The answer was lost: the same signed text finds the same receipt.
        case => case
            .submitted()
            .map(|submitted| (submitted.text, submitted.opened.card))
            .ok_or_else(No::stale)?,
    };
    let signature = own.signed(&call, &signed.cms, text, card).await?;
    own.perform(&call, &Command::Confirm(signature)).await?;
    own.told_now(&call).await
}

async fn abandon(call: Call, _: Nothing) -> Result<Given<Told>, No> {
    let own: Own<Registration> = Own::of(&call).await?;
    own.perform(&call, &Command::Abandon).await?;
    own.told_now(&call).await
}

async fn withdraw(call: Call, Sent(card): Sent<CardProved>) -> Result<Given<Told>, No> {
    let own: Own<Registration> = Own::of(&call).await?;
    let (_, presented) = own.presented(&call, &card).await?;
    own.perform(&call, &Command::Withdraw { by: presented.card() }).await?;
    own.told_now(&call).await
}

async fn answer(call: Call, Sent(reply): Sent<Reply>) -> Result<Given<Told>, No> {
    let own: Own<Registration> = Own::of(&call).await?;
    call.is_seen(own.standing.version)?;
    let remark = bidder::remark(&reply)?;
    let (_, presented) = own.presented(&call, &bidder::proved(reply)).await?;
    let by = presented.card();
    own.perform(&call, &Command::Answer { by, remark }).await?;
    own.told_now(&call).await
}

async fn receipt(call: Call, _: Nothing) -> Result<Given<BidderReceipt>, No> {
    let own: Own<Registration> = Own::of(&call).await?;
    let submitted = own.submitted()?;
    Ok(Given::new(BidderReceipt {
        number: submitted.number.to_string(),
        check_code: check_code(&call.portal, own.begun.case).await?.to_string(),
        accepted_at: submitted.at.0,
        state: Registration::state(&own.standing.case).to_owned(),
        done_at: match &own.standing.case {
            Case::Registered { at, .. } => Some(at.0),
            _ => None,
        },
        text: submitted.text.to_string(),
    }))
}

/// The rules of the form and of the printed receipt, as the page has them; every complaint with its place.
fn checked(form: ContactForm) -> Result<Contact, No> {
    let form = rules::Form {
        department: form.department,
        name: form.name,
        phone: form.phone,
        fax: form.fax,
        mail: form.mail,
        mail_again: form.mail_again,
    };
    check(&form).map_err(|wrong| No::complaints(wrong.into_iter().map(complaint).collect()))
}

fn complaint((about, wrong): (Field, application::Complaint)) -> Complaint {
    let (name, label) = field(about);
    let message = |words: Words| complained(words, &words.say(&label), wrong, "");
    Complaint {
        pointer: format!("/{name}"),
        code: message(Words::of(wire::office::Language::En)).code,
        detail: both(message),
    }
}

async fn print(call: Call, _: Nothing) -> Result<File<Pdf>, No> {
    let own: Own<Registration> = Own::of(&call).await?;
    let page = call.page(&own.office, own.language());
    let receipt = done::receipt(&call.portal, &page, &own.office, &own.standing, Print::First).await?;
    bidder::printed(receipt).await
}
