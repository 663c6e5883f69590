//! 認証コード1 to 3: which terminal they are of, and whether they are right.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use casework::acquisition::Codes as Verdict;
use casework::characters::half_width;
use casework::identity::GrantId;
use casework::terminal::{Device, Division, Terminal, TerminalName};
use std::fmt;
use zeroize::Zeroizing;

use super::super::Desk;
use crate::chance::Chance;
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::seal::Seal;
use crate::store::TerminalRow;

/// The three codes as they were typed. They are shown nowhere.
#[derive(Clone)]
pub struct Codes {
    first: String,
    second: Zeroizing<String>,
    third: String,
}

/// Codes that were compared with those of one grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    pub(super) grant: GrantId,
    pub(super) verdict: Verdict,
}

/// The terminals that an 認証コード1 may be of: one name may stand in both divisions and on both devices, and what belongs to
/// the code besides says which one it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    pub(super) terminals: Vec<(Terminal, Judged)>,
}

impl Codes {
    /// As somebody typed them: full-width letters are taken for half-width ones, small ones for capitals.
    pub fn typed(first: &str, second: &str, third: &str) -> Self {
        Self {
            first: narrow(first).to_string(),
            second: narrow(second),
            third: narrow(third).to_string(),
        }
    }

    /// From the two fields that a protocol has: 認証コード1, and 認証コード2 `-` 認証コード3.
    pub fn in_two(first: &str, secret: &str) -> Self {
        let (second, third) = secret.rsplit_once('-').unwrap_or((secret, ""));
        Self::typed(first, second, third)
    }

    /// 認証コード1
    pub fn first(&self) -> &str {
        &self.first
    }

    /// Whether they are the codes of this terminal: all are compared, whatever the first ones are, and each in constant time.
    fn are(&self, terminal: Terminal, second: &[u8]) -> bool {
        let same = |typed: &str, right: &[u8]| verify_slices_are_equal(typed.as_bytes(), right).is_ok();
        let first = same(&self.first, terminal.first_code().as_bytes());
        let second = same(&self.second, second);
        let third = same(&self.third, terminal.third_code().as_bytes());
        first & second & third
    }
}

impl fmt::Debug for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Codes(..)")
    }
}

impl Recognised {
    /// The terminal whose codes they are, if they are one's; and otherwise every one that they may have been meant for.
    pub(super) fn meant(&self) -> Vec<(Terminal, Judged)> {
        let right = self
            .terminals
            .iter()
            .find(|(_, judged)| judged.verdict == Verdict::Right);
        right.map_or_else(|| self.terminals.clone(), |right| vec![*right])
    }

    /// The terminal whose codes they are.
    pub fn right(&self) -> Option<Terminal> {
        let right = self
            .terminals
            .iter()
            .find(|(_, judged)| judged.verdict == Verdict::Right);
        right.map(|(terminal, _)| *terminal)
    }
}

impl Desk {
    /// What seals 認証コード2 here.
    pub async fn seal(&self) -> Result<Seal, Fault> {
        let certifying = self.certifying.as_ref().ok_or_else(no_keys)?;
        let seal = certifying
            .keyring
            .seal_of_codes(self.store(), self.clock(), self.chance());
        seal.await.map_err(|fault| match super::unable(fault) {
            super::Failure::Fault(fault) => fault,
            super::Failure::Refused(_) => no_keys(),
        })
    }

    /// 認証コード2 of a terminal, where it has one: for the page that shows it to the customer whose terminal it is.
    pub async fn second_code(&self, office: &str, terminal: Terminal) -> Result<Option<Zeroizing<String>>, Fault> {
        match self.store().terminal(office, terminal).await? {
            Some(row) => self.opened(&row).await,
            None => Ok(None),
        }
    }

    /// Which terminal of an office these codes are of. Wrong ones are counted when something is asked with them.
    pub async fn recognised(&self, office: &Office, codes: &Codes) -> Result<Recognised, Fault> {
        let is_right = |terminal, second: &[u8]| codes.are(terminal, second);
        self.recognised_by(office, codes.first(), is_right).await
    }

    /// The same of a message that is protected by 認証コード2 `-` 認証コード3 as its secret, under 認証コード1.
    pub async fn recognised_by_secret(
        &self,
        office: &Office,
        first: &str,
        mut is_right: impl FnMut(&[u8]) -> bool + Send,
    ) -> Result<Recognised, Fault> {
        let judge = |terminal: Terminal, second: &[u8]| {
            let secret = Zeroizing::new([second, b"-", terminal.third_code().as_bytes()].concat());
            is_right(&secret)
        };
        self.recognised_by(office, first, judge).await
    }

    async fn recognised_by(
        &self,
        office: &Office,
        first: &str,
        mut is_right: impl FnMut(Terminal, &[u8]) -> bool + Send,
    ) -> Result<Recognised, Fault> {
        let mut terminals = Vec::new();
        let Some(name) = TerminalName::from_first_code(first) else {
            return Ok(Recognised { terminals });
        };
        for division in Division::ALL {
            for device in Device::ALL {
                let terminal = Terminal { division, device, name };
                let Some(row) = self.store().terminal(&office.id, terminal).await? else {
                    continue;
                };
                // Codes that came with a list open nothing here: there is no right to a certificate that they are of.
                let (Some(grant), Some(second)) = (row.grant, self.opened(&row).await?) else {
                    continue;
                };
                let verdict = if is_right(terminal, second.as_bytes()) {
                    Verdict::Right
                } else {
                    Verdict::Wrong
                };
                terminals.push((terminal, Judged { grant, verdict }));
            }
        }
        Ok(Recognised { terminals })
    }

    async fn opened(&self, row: &TerminalRow) -> Result<Option<Zeroizing<String>>, Fault> {
        let Some(code) = &row.code else { return Ok(None) };
        let opened = self.seal().await?.open(&sealed_for(&row.office, row.terminal), code);
        let text = opened.and_then(|octets| {
            std::str::from_utf8(&octets)
                .ok()
                .map(|text| Zeroizing::new(text.to_owned()))
        });
        text.map(Some).ok_or_else(|| Fault::Corrupt {
            what: "a terminal",
            why: format!("認証コード2 of {} does not open", row.terminal.name),
        })
    }
}

/// What a sealed 認証コード2 is bound to.
pub(crate) fn sealed_for(office: &str, terminal: Terminal) -> String {
    let Terminal { division, device, name } = terminal;
    format!("{office} {} {} {name}", division.key(), device.key())
}

/// A fresh 認証コード2: ten letters and digits, 50 random bits, none of which is taken for another.
pub(super) fn fresh(chance: &Chance) -> Zeroizing<String> {
    let random = chance.octets::<10>();
    // 256 is a multiple of 32, so that each letter is as likely as the others.
    let letter = |octet: &u8| char::from(ALPHABET.get(usize::from(octet % 32)).copied().unwrap_or(b'A'));
    Zeroizing::new(random.iter().map(letter).collect())
}

fn narrow(typed: &str) -> Zeroizing<String> {
    let narrow = typed.trim().chars().map(half_width);
    Zeroizing::new(narrow.map(|letter| letter.to_ascii_uppercase()).collect())
}

fn no_keys() -> Fault {
    Fault::Bug(Bug("this desk certifies no terminals".to_owned()))
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal() -> Terminal {
        Terminal {
            division: Division::Sea,
            device: Device::WebNaccs,
            name: TerminalName::parse("11110A").unwrap(),
        }
    }

    #[test]
    fn all_three_codes_are_compared_and_width_and_case_make_no_difference() {
        let right = |first, second, third| Codes::typed(first, second, third).are(terminal(), b"ABCDE23456");
        assert!(right("NAC11110A", "ABCDE23456", "NACCS"));
        assert!(right(" ｎａｃ１１１１０ａ ", "ａbcde２3456", "naccs"));
        for (first, second, third) in [
            ("NAC11110B", "ABCDE23456", "NACCS"),
            ("NAC11110A", "ABCDE23457", "NACCS"),
            ("NAC11110A", "ABCDE2345", "NACCS"),
            ("NAC11110A", "", "NACCS"),
            ("NAC11110A", "ABCDE23456", "NACC"),
        ] {
            assert!(!right(first, second, third), "{first} {second} {third}");
        }
        assert!(Codes::in_two("NAC11110A", "ABCDE23456-NACCS").are(terminal(), b"ABCDE23456"));
        assert!(!Codes::in_two("NAC11110A", "ABCDE23456").are(terminal(), b"ABCDE23456"));
        let shown = format!("{:?}", Codes::typed("NAC11110A", "ABCDE23456", "NACCS"));
        assert_eq!(shown, "Codes(..)");
    }

    #[test]
    fn a_fresh_code_has_ten_letters_that_can_be_typed_and_is_another_each_time() {
        let chance = Chance::system();
        let (one, other) = (fresh(&chance), fresh(&chance));
        assert_ne!(*one, *other);
        for code in [one, other] {
            assert_eq!(code.len(), 10);
            assert!(code.bytes().all(|letter| ALPHABET.contains(&letter)));
            assert_eq!(*narrow(&code), *code);
        }
    }
}
