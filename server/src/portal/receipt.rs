//! S6 with its print page W3 and the PDF: what was accepted, and since when others can see it (DESIGN, part 7).

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use casework::application::{Application, Complaint};
use casework::identity::{CertificateId, Digest};
use casework::number::{CheckCode, Number};
use casework::refund::Refund;
use casework::revocation::{Case, Subject};
use casework::time::Instant;
use pki::certificate::Certificate;
use wire::code::Code;

use crate::catalogue::{Message, Words};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::portal::Portal;
use crate::portal::page::{Fact, Page, render};
use crate::portal::revocation::Current;
use crate::portal::visit::{Post, Stop, Visit};
use crate::portal::{date, fact, refusal, view};
use crate::print::bidder::Receipt as Bidder;
use crate::print::revocation::{Print, Receipt};
use crate::print::{self, Sheet, Unprinted};
use crate::store::CrlRow;

/// S6
pub(crate) async fn page(visit: Visit) -> Result<Response, Stop> {
    let (current, accepted) = accepted(&visit).await?;
    let page = visit.page();
    let opened = current_opened(&visit, &current)?;
    let certificate = visit.certificate_of(opened).await?;
    let authentication = visit.authentication_of(opened, accepted.at).await?;
    let check_code = check_code(&visit.portal, current.id().octets()).await;
    let check_code = check_code.map_err(|fault| visit.fault(&fault))?;
    let facts = vec![
        page.fact("done-at", date::second(page.words, accepted.at)),
        page.fact("receipt-check-code", check_code.to_string()),
        page.fact("certificate-serial-signature", certificate.serial().to_string()),
        page.fact(
            "certificate-serial-authentication",
            fact::serial_of(page.words, &authentication),
        ),
        page.fact("certificate-holder", &accepted.application.applicant),
        page.fact(
            "done-reason",
            page.t(&format!("reason-{}", accepted.application.ground.key())),
        ),
    ];
    let view = view::Done {
        number: accepted.number.to_string(),
        facts,
        visible: visible(&visit.portal, &page, &accepted)
            .await
            .map_err(|fault| visit.fault(&fault))?,
        mail: accepted.application.mail.clone(),
        office: current.office,
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「失効申込内容印刷」: the first print is noted, so that the later ones can say what they are.
pub(crate) async fn print(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let (current, _) = accepted(visit).await?;
    let session = visit.session()?;
    let times = printed(visit, &current)?.saturating_add(1);
    let noted = visit
        .portal
        .note(session, &current.office.id, PRINTED, times.to_string(), visit.now)
        .await;
    noted.map_err(|fault| visit.fault(&fault))?;
    visit.to("/done/print")
}

/// W3
pub(crate) async fn sheet(visit: Visit) -> Result<Response, Stop> {
    let (current, accepted) = accepted(&visit).await?;
    let page = visit.page();
    let receipt = own_receipt(&visit, &page, &current, &accepted).await?;
    let text = visit.portal.store().text(current.id().octets(), accepted.text).await;
    let text = text.map_err(|fault| visit.fault(&fault))?.unwrap_or_default();
    Ok(render(StatusCode::OK, &on_paper(receipt.sheet(), text, page)))
}

/// The same as PDF.
pub(crate) async fn pdf(visit: Visit) -> Result<Response, Stop> {
    let (current, accepted) = accepted(&visit).await?;
    let page = visit.page();
    let receipt = own_receipt(&visit, &page, &current, &accepted).await?;
    let octets = printed_out(receipt).await.map_err(|fault| visit.fault(&fault))?;
    let name = format!("attachment; filename=\"receipt-{}.pdf\"", accepted.number);
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, octets).into_response())
}

/// A sheet as the page for printing shows it, with the text that was signed.
pub(crate) fn on_paper(sheet: Sheet, text: String, page: Page) -> view::Print {
    let Sheet {
        title,
        head,
        head_facts,
        mark,
        sections,
        notes,
        ..
    } = sheet;
    let facts = |facts: Vec<print::Fact>| -> Vec<Fact> {
        let fact = |fact: print::Fact| Fact {
            lang: page.tongue(&fact.value),
            label: fact.label,
            value: fact.value,
        };
        facts.into_iter().map(fact).collect()
    };
    view::Print {
        title,
        head,
        head_facts: facts(head_facts),
        mark,
        sections: sections
            .into_iter()
            .map(|section| (section.heading, facts(section.facts)))
            .collect(),
        notes,
        text_lang: page.tongue(&text),
        text,
        page,
    }
}

/// A bidder's receipt as PDF, or the character that no font has, named. Its names are the register's and the card's: they
/// were not typed here, and nobody's renewal hangs on a font.
pub(crate) async fn bidder_pdf(receipt: Bidder) -> Result<Result<Vec<u8>, char>, Fault> {
    match tokio::task::spawn_blocking(move || receipt.pdf()).await {
        Ok(Ok(octets)) => Ok(Ok(octets)),
        Ok(Err(Unprinted::Character { character })) => Ok(Err(character)),
        Ok(Err(Unprinted::Bug(why))) => Err(why.into()),
        Err(why) => Err(Bug(why.to_string()).into()),
    }
}

/// What is said to whom wants a PDF of what no font can draw: which character, and that the page can be printed.
pub(crate) fn undrawable(words: Words, character: char) -> Message {
    let complaint = Complaint::Character { character };
    Message {
        next: words.say("bidder-pdf-next"),
        ..refusal::complained(words, &words.say("bidder-pdf"), complaint, "")
    }
}

/// The PDF for the browser.
pub(crate) async fn send_bidder_pdf(visit: &Visit, receipt: Bidder) -> Result<Response, Stop> {
    let name = format!("attachment; filename=\"receipt-{}.pdf\"", receipt.number);
    let printed = bidder_pdf(receipt).await.map_err(|fault| visit.fault(&fault))?;
    let octets = printed
        .map_err(|character| visit.told(StatusCode::UNPROCESSABLE_ENTITY, undrawable(visit.words, character)))?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, octets).into_response())
}

/// Facts of a page, as they are printed.
pub(crate) fn plain(facts: Vec<Fact>) -> Vec<print::Fact> {
    let fact = |fact: Fact| print::Fact {
        label: fact.label,
        value: fact.value,
    };
    facts.into_iter().map(fact).collect()
}

/// A receipt as PDF. Laying out and subsetting fonts takes tens of milliseconds: not on the thread that answers everybody.
pub(crate) async fn printed_out(receipt: Receipt) -> Result<Vec<u8>, Fault> {
    match tokio::task::spawn_blocking(move || receipt.pdf()).await {
        Ok(Ok(octets)) => Ok(octets),
        Ok(Err(why)) => Err(Bug(why.to_string()).into()),
        Err(why) => Err(Bug(why.to_string()).into()),
    }
}

/// An application that was accepted.
pub(crate) struct Accepted {
    pub(crate) application: Box<Application>,
    pub(crate) refund: Refund,
    pub(crate) subject: Subject,
    pub(crate) number: Number,
    pub(crate) text: Digest,
    pub(crate) at: Instant,
}

impl Accepted {
    /// What was accepted, if it was.
    pub(crate) fn of(case: &Case) -> Option<Self> {
        let Case::Revoked {
            opened,
            application,
            refund,
            text,
            number,
            at,
        } = case.clone()
        else {
            return None;
        };
        Some(Self {
            application,
            refund,
            subject: opened.subject,
            number,
            text,
            at,
        })
    }
}

async fn accepted(visit: &Visit) -> Result<(Current, Accepted), Stop> {
    let current = visit.current().await?;
    let Some(accepted) = Accepted::of(&current.standing.case) else {
        return Err(visit.to("/status")?.into());
    };
    Ok((current, accepted))
}

async fn own_receipt(visit: &Visit, page: &Page, current: &Current, accepted: &Accepted) -> Result<Receipt, Stop> {
    let print = if printed(visit, current)? > 1 {
        Print::Again
    } else {
        Print::First
    };
    let receipt = receipt(
        &visit.portal,
        page,
        current.id().octets(),
        (&current.office, accepted),
        print,
    )
    .await;
    receipt.map_err(|fault| visit.fault(&fault))
}

/// The receipt of a case, in the language of the page.
pub(crate) async fn receipt(
    portal: &Portal,
    page: &Page,
    case: [u8; 16],
    (office, accepted): (&Office, &Accepted),
    print: Print,
) -> Result<Receipt, Fault> {
    let certificate = certificate(portal, &accepted.subject.certificate).await?;
    let authentication = portal.desk().authentication(&accepted.subject, accepted.at).await?;
    let mut application = fact::application(page, &accepted.application);
    let refund = fact::refund(page, accepted.refund, &office.authority()?.revocation.policy.refund);
    application.push(page.fact("confirm-refund", refund));
    Ok(Receipt {
        language: page.words.language(),
        office: office.name.clone(),
        applicant: accepted.application.applicant.clone(),
        number: accepted.number,
        check_code: check_code(portal, case).await?,
        accepted_at: accepted.at,
        text: accepted.text,
        certificate: plain(fact::certificate(page, &certificate, &authentication)),
        application: plain(application),
        visible: plain(visible(portal, page, accepted).await?),
        printed_at: page.now,
        print,
    })
}

/// When it became visible, and how long others may go on with what they know.
async fn visible(portal: &Portal, page: &Page, accepted: &Accepted) -> Result<Vec<Fact>, Fault> {
    let at = date::second(page.words, accepted.at);
    let minutes = portal.site().ocsp_max_age.div_ceil(60).to_string();
    let ocsp = page
        .words
        .say_with("done-ocsp-text", &[("time", &at), ("minutes", &minutes)]);
    let Subject {
        certificate,
        authentication,
        ..
    } = &accepted.subject;
    Ok(vec![
        page.fact("done-accepted", &at),
        page.fact("done-revoked", &at),
        page.fact("done-ocsp", ocsp),
        page.fact("done-crl-signature", listed(portal, page, certificate).await?),
        page.fact("done-crl-authentication", listed(portal, page, authentication).await?),
    ])
}

/// On which list a certificate was first, in words. The two of a card may be on different ones.
pub(crate) async fn listed(portal: &Portal, page: &Page, certificate: &CertificateId) -> Result<String, Fault> {
    Ok(match first_list(portal, certificate, page.now).await? {
        Some(list) => {
            let time = date::second(page.words, list.this_update);
            let number = list.number.to_string();
            page.words
                .say_with("done-crl-published", &[("time", &time), ("crl", &number)])
        }
        None => page.t("done-crl-waiting"),
    })
}

/// The first list that names a certificate. A number that was taken is no list yet; nobody can fetch what was not signed,
/// nor what no node serves yet.
pub(crate) async fn first_list(
    portal: &Portal,
    certificate: &CertificateId,
    now: Instant,
) -> Result<Option<CrlRow>, Fault> {
    let store = portal.store();
    let Some((status, _)) = store.status(certificate).await? else {
        return Ok(None);
    };
    let list = store
        .first_crl(&certificate.authority, status.shard, status.sequence)
        .await?;
    Ok(list.filter(|list| list.this_update.plus_seconds(SERVED_WITHIN) <= now))
}

/// A certificate of our record.
pub(crate) async fn certificate(portal: &Portal, id: &CertificateId) -> Result<Certificate, Fault> {
    let row = portal.store().certificate(id).await?;
    let der = row.and_then(|row| row.der).unwrap_or_default();
    Certificate::parse(&der).map_err(|why| Fault::Corrupt {
        what: "a certificate",
        why: why.to_string(),
    })
}

pub(crate) async fn check_code(portal: &Portal, case: [u8; 16]) -> Result<CheckCode, Fault> {
    let receipt = portal.store().receipt(case).await?;
    let receipt = receipt.ok_or_else(|| Bug("an accepted application has no receipt".to_owned()))?;
    Ok(receipt.check_code)
}

fn current_opened<'a>(visit: &Visit, current: &'a Current) -> Result<&'a casework::revocation::Opened, Stop> {
    current
        .opened()
        .ok_or_else(|| visit.problem(StatusCode::CONFLICT, Code::Stale, &[]))
}

fn printed(visit: &Visit, current: &Current) -> Result<u32, Stop> {
    let noted = visit.session()?.noted(&current.office.id, PRINTED);
    Ok(noted.and_then(|fact| fact.value.parse().ok()).unwrap_or(0))
}

/// The note that counts the prints.
pub(crate) const PRINTED: &str = "printed";
/// Seconds after which every node serves a list that was made: each looks for new ones twice a second.
const SERVED_WITHIN: i64 = 2;
