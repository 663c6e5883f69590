//! What an officer reads and signs of an application: its rows, as the confirmation page has them (DOMAIN §6.3, N4).

use casework::applicant::Applicant;
use casework::reissue::{Cause, Submitted};
use casework::terminal::{Division, Terminal};

use super::offered::OfferedTerminal;
use crate::desk::text::Words;
use crate::store::OrganisationRow;

/// The rows of an application.
pub(super) fn rows(
    words: &Words,
    organisation: Option<&OrganisationRow>,
    submitted: &Submitted,
    offered: &[OfferedTerminal],
) -> Vec<(String, String)> {
    let none = words.of("（入力なし）", "(nothing entered)");
    let row = |ja, en, value: &str| (words.of(ja, en).to_owned(), value.to_owned());
    let Applicant {
        surname,
        given,
        surname_kana,
        given_kana,
        department,
        title,
        phone,
        fax,
        mail,
    } = &*submitted.contact;
    let optional = |value: &Option<String>| value.clone().unwrap_or_else(|| none.to_owned());
    let mut rows = Vec::new();
    if let Some(organisation) = organisation {
        rows.push(row(
            "契約番号",
            "Contract number",
            organisation.contract.number.as_str(),
        ));
        rows.push(row("会社名", "Company", &organisation.contract.company));
        rows.push(row("事業所名", "Office of the company", &organisation.contract.office));
    }
    rows.extend([
        row("氏名", "Name", &format!("{surname}　{given}")),
        row(
            "氏名(フリガナ)",
            "Name (kana)",
            &format!("{surname_kana}　{given_kana}"),
        ),
        row("所属部課名", "Department", &optional(department)),
        row("役職名", "Title", &optional(title)),
        row("電話番号", "Telephone", phone),
        row("FAX番号", "Fax", &optional(fax)),
        row("E-mailアドレス", "E-mail", mail),
        row("再発行希望日", "Desired date", &words.day(submitted.wish.day)),
        row(
            "再発行理由",
            "Reason for the reissue",
            &cause(words, &submitted.wish.cause),
        ),
    ]);
    for terminal in &submitted.wish.terminals {
        let known = offered.iter().find(|one| one.terminal == *terminal);
        rows.push((
            words.of("論理端末", "Terminal").to_owned(),
            told(words, *terminal, known),
        ));
    }
    rows
}

fn cause(words: &Words, cause: &Cause) -> String {
    match cause {
        Cause::Expired => words.of("有効期限切れ", "The certificate has expired").to_owned(),
        Cause::Exchanged => words.of("端末の入れ替え", "The terminal was replaced").to_owned(),
        Cause::Other(None) => words.of("その他の理由", "Another reason").to_owned(),
        Cause::Other(Some(said)) => format!("{} {said}", words.of("その他の理由", "Another reason")),
    }
}

fn told(words: &Words, terminal: Terminal, known: Option<&OfferedTerminal>) -> String {
    let division = match terminal.division {
        Division::Sea => words.of("海上", "sea"),
        Division::Air => words.of("航空", "air"),
    };
    let device = terminal.device.label();
    let until = match known.and_then(|known| known.valid_until) {
        Some(until) => format!(
            "{} {}",
            words.of("デジタル証明書の有効期限", "certificate valid to"),
            words.day(until.day())
        ),
        None => words
            .of("有効なデジタル証明書なし", "no certificate that counts")
            .to_owned(),
    };
    format!("{division} {device} {} ({until})", terminal.name)
}
