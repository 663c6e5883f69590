//! What was accepted: its receipt for the program that applied, and a look-up for whoever holds number and check code.

use axum::http::Method;
use casework::number::{CheckCode, Number};
use wire::api::Scope;
use wire::queue::{LookUp, Standing};
use wire::revocation::Receipt;

use super::answer::{File, Given, Pdf};
use super::call::Call;
use super::input::{Nothing, Sent};
use super::operation::Operation;
use super::problem::No;
use super::revocation::{Own, card_certificate};
use crate::portal::lookup;
use crate::portal::receipt::{self, Accepted};
use crate::print::revocation::Print;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            (Method::GET, "/offices/{office}/revocations/{case}/receipt"),
            ("readReceipt", "What was accepted, and since when others see it"),
            read,
        )
        .scope(Scope::RevocationWrite),
        Operation::new(
            (Method::GET, "/offices/{office}/revocations/{case}/receipt.pdf"),
            ("printReceipt", "The same as PDF, in the language of the application"),
            print,
        )
        .scope(Scope::RevocationWrite),
        Operation::new(
            (Method::POST, "/receipts/{number}"),
            (
                "lookUpReceipt",
                "What became of an application, for whoever holds its number and check code",
            ),
            look_up,
        ),
    ]
}

async fn read(call: Call, _: Nothing) -> Result<Given<Receipt>, No> {
    let own = Own::of(&call).await?;
    let accepted = accepted(&own)?;
    let subject = &accepted.subject;
    let certificate = receipt::certificate(&call.portal, &subject.certificate).await?;
    let list = receipt::first_list(&call.portal, &subject.certificate, call.now).await?;
    Ok(Given::new(Receipt {
        number: accepted.number.to_string(),
        check_code: receipt::check_code(&call.portal, own.standing.id.octets())
            .await?
            .to_string(),
        accepted_at: accepted.at.0,
        certificate: card_certificate(&subject.certificate, &certificate, Some(subject.authentication.serial)),
        reason: accepted.application.ground.key().to_owned(),
        text: accepted.text.to_string(),
        listed_at: list.map(|list| list.this_update.0),
    }))
}

async fn print(call: Call, _: Nothing) -> Result<File<Pdf>, No> {
    let own = Own::of(&call).await?;
    let accepted = accepted(&own)?;
    let language = own
        .standing
        .place
        .as_ref()
        .map(|place| place.language)
        .unwrap_or_default();
    let page = call.page(&own.office, language);
    let case = own.standing.id.octets();
    let receipt = receipt::receipt(&call.portal, &page, case, (&own.office, &accepted), Print::First).await?;
    Ok(File {
        kind: Pdf,
        octets: receipt::printed_out(receipt).await?,
        name: format!("receipt-{}.pdf", accepted.number),
    })
}

fn accepted(own: &Own) -> Result<Accepted, No> {
    Accepted::of(&own.standing.case).ok_or_else(No::not_found)
}

/// One answer, in the same time, for a number that is not there and a code that is not its own (A18).
async fn look_up(call: Call, Sent(asked): Sent<LookUp>) -> Result<Given<Standing>, No> {
    let number = Number::parse(call.part("number"));
    let code = CheckCode::parse(&asked.check_code);
    match lookup::look_up(&call.portal, call.from, number, code).await {
        Ok(standing) => Ok(Given::new(standing)),
        Err(lookup::Unfound::Often(wait)) => Err(No::too_often(wait)),
        Err(lookup::Unfound::Nothing) => Err(lookup::nothing(No::of)),
        Err(lookup::Unfound::Fault(fault)) => Err(fault.into()),
    }
}
