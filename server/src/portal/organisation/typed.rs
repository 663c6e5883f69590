//! A new password as it was typed twice.

use casework::password::Unfit;
use wire::code::Code;

use crate::catalogue::{Message, Words};
use crate::desk::Desk;
use crate::desk::user::{NewPassword, Present};
use crate::fault::Fault;
use crate::office::{Office, Terminals};
use crate::store::UserRow;

/// What is wrong with it is a message at its field.
pub(super) async fn chosen(
    desk: &Desk,
    (terminals, words): (&Terminals, Words),
    (password, again): (&str, &str),
    about: &[String],
) -> Result<Result<NewPassword, Message>, Fault> {
    if password != again {
        return Ok(Err(words.message(Code::PasswordDiff, &[])));
    }
    let about: Vec<&str> = about.iter().map(String::as_str).collect();
    let chosen = desk.choose(terminals, password, &about).await?;
    Ok(chosen.map_err(|unfit| unfit_said(words, unfit)))
}

/// What anybody knows of an account, and would try.
pub(super) fn about(office: &Office, row: &UserRow) -> Vec<String> {
    vec![
        row.account.login.as_str().to_owned(),
        row.account.mail.clone(),
        row.account.name.clone(),
        office.id.clone(),
        office.name.ja.clone(),
    ]
}

/// The same of somebody who is logged in.
pub(super) fn about_present(office: &Office, present: &Present) -> Vec<String> {
    vec![
        present.account.login.as_str().to_owned(),
        present.account.mail.clone(),
        present.account.name.clone(),
        present.organisation.contract.company.clone(),
        office.id.clone(),
        office.name.ja.clone(),
    ]
}

fn unfit_said(words: Words, unfit: Unfit) -> Message {
    match unfit {
        Unfit::Short { least } => words.message(Code::PasswordShort, &[("least", &least.to_string())]),
        Unfit::Long { most } => words.message(Code::PasswordLong, &[("most", &most.to_string())]),
        Unfit::Character => words.message(Code::PasswordChar, &[]),
        Unfit::Common => words.message(Code::PasswordCommon, &[]),
    }
}
