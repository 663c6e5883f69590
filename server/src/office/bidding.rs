//! What only an ordering body (発注機関) has: how cards are renewed there, how companies prove themselves, whose cards are
//! taken besides the house's own, and where else a bidder can go.

pub use casework::renewal::{ReviewPolicy, Variant};
use serde::Deserialize;
use wire::card_request::SamePin;

use super::row::Document as DocumentRow;
use super::{Document, OfficeError};
use crate::trust::PinnedIssuer;

/// What only an ordering body has. Source documents 001 and 002 are two sets of values in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bidding {
    /// Whether registrations and renewals go before officers.
    pub review: ReviewPolicy,
    /// What becomes of the old card's PIN when the new card is in the reader (DOMAIN §4.6).
    pub same_pin: SamePin,
    /// A card that is valid for longer than so many days is renewed early (W-EARLY).
    pub early_after_days: u16,
    /// So many days a returned application waits for the applicant.
    pub returned_for_days: u16,
    /// Seconds for which a text may wait for its signature.
    pub signature_within: i64,
    /// Whether being logged in ends when the card leaves the reader.
    pub session_ends_with_card: bool,
    /// Whether the card holder's address stands on what is printed. It is personal data.
    pub show_holder_address_on_print: bool,
    /// So many days a letter code can be used.
    pub letter_code_days: u16,
    /// Where else a bidder can go.
    pub links: Links,
    /// Foreign issuers whose cards are taken here.
    pub issuers: Vec<PinnedIssuer>,
    /// ご利用にあたって
    pub guide: Document,
}

/// Where else a bidder can go; what is not there is not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// お問い合わせ
    pub contact: Option<String>,
    /// 入札情報サービス
    pub information: Option<String>,
    /// 電子入札システム
    pub bidding: Option<String>,
}

impl Bidding {
    /// Whether anything goes before officers.
    pub fn reviews(&self) -> bool {
        self.review != ReviewPolicy::None
    }
}

/// An address that a page may link to.
pub(super) fn is_link(address: &str) -> bool {
    let rest = ["https://", "http://"]
        .into_iter()
        .find_map(|scheme| address.strip_prefix(scheme));
    rest.is_some_and(|rest| !rest.is_empty())
        && address.len() <= LONGEST_LINK
        && address
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && !b"\"'<>\\`".contains(&octet))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BiddingRow {
    review: ReviewRow,
    variant: Option<VariantRow>,
    same_pin: SamePin,
    #[serde(default = "half_a_year")]
    early_after_days: u16,
    #[serde(default = "two_weeks")]
    returned_for_days: u16,
    #[serde(default = "half_an_hour")]
    signature_within_minutes: u16,
    #[serde(default)]
    session_ends_with_card: bool,
    #[serde(default)]
    show_holder_address_on_print: bool,
    #[serde(default = "three_months")]
    letter_code_days: u16,
    #[serde(default)]
    links: LinksRow,
    guide: DocumentRow,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReviewRow {
    None,
    OnMismatch,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum VariantRow {
    Accept,
    Hold,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinksRow {
    contact: Option<String>,
    information: Option<String>,
    bidding: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IssuerRow {
    name: String,
    certificate: String,
    #[serde(default)]
    crl: Vec<String>,
    #[serde(default)]
    ocsp: Vec<String>,
}

impl BiddingRow {
    pub(super) fn checked(self, issuers: Vec<IssuerRow>) -> Result<Bidding, OfficeError> {
        let review = match (self.review, self.variant) {
            (ReviewRow::None, None) => ReviewPolicy::None,
            (ReviewRow::None, Some(_)) => {
                return refuse("bidding.variant", "nothing is held where `review` is \"none\"");
            }
            (ReviewRow::OnMismatch, variant) => ReviewPolicy::OnMismatch {
                variant: match variant {
                    None | Some(VariantRow::Accept) => Variant::Accept,
                    Some(VariantRow::Hold) => Variant::Hold,
                },
            },
        };
        if self.early_after_days > 3_650 {
            return refuse("bidding.early_after_days", "wanted: 0 to 3650");
        }
        if !(1..=365).contains(&self.returned_for_days) {
            return refuse("bidding.returned_for_days", "wanted: 1 to 365");
        }
        if !(1..=1_440).contains(&self.signature_within_minutes) {
            return refuse("bidding.signature_within_minutes", "wanted: 1 to 1440");
        }
        if !(1..=365).contains(&self.letter_code_days) {
            return refuse("bidding.letter_code_days", "wanted: 1 to 365");
        }
        let LinksRow {
            contact,
            information,
            bidding,
        } = self.links;
        if [&contact, &information, &bidding]
            .into_iter()
            .flatten()
            .any(|address| !is_link(address))
        {
            return refuse("bidding.links", "wanted: addresses that begin with https:// or http://");
        }
        Ok(Bidding {
            review,
            same_pin: self.same_pin,
            early_after_days: self.early_after_days,
            returned_for_days: self.returned_for_days,
            signature_within: i64::from(self.signature_within_minutes) * 60,
            session_ends_with_card: self.session_ends_with_card,
            show_holder_address_on_print: self.show_holder_address_on_print,
            letter_code_days: self.letter_code_days,
            links: Links {
                contact,
                information,
                bidding,
            },
            issuers: pinned(issuers)?,
            guide: self.guide.into(),
        })
    }
}

fn pinned(rows: Vec<IssuerRow>) -> Result<Vec<PinnedIssuer>, OfficeError> {
    let mut issuers: Vec<PinnedIssuer> = Vec::new();
    for row in rows {
        let issuer = match PinnedIssuer::new(&row.name, &row.certificate, row.crl, row.ocsp) {
            Ok(issuer) => issuer,
            Err(why) => return refuse("issuer", &format!("{:?}: {why}", row.name)),
        };
        if issuers.iter().any(|known| known.certificate == issuer.certificate) {
            return refuse("issuer", &format!("the certificate of {:?} stands twice", row.name));
        }
        issuers.push(issuer);
    }
    Ok(issuers)
}

fn refuse<T>(key: &'static str, why: &str) -> Result<T, OfficeError> {
    Err(OfficeError::Value {
        key,
        why: why.to_owned(),
    })
}

fn half_a_year() -> u16 {
    183
}

fn two_weeks() -> u16 {
    14
}

fn half_an_hour() -> u16 {
    30
}

fn three_months() -> u16 {
    90
}

const LONGEST_LINK: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::{AUTHORITY_EXAMPLE, BIDDING_CORE_EXAMPLE, BIDDING_REVIEW_EXAMPLE, Office};
    use casework::review::Persons;

    fn refused(example: &str, from: &str, to: &str) -> String {
        let text = example.replacen(from, to, 1);
        assert_ne!(text, example, "{from}");
        Office::from_toml(&text).unwrap_err().to_string()
    }

    #[test]
    fn the_two_examples_are_the_two_source_documents() {
        let (core, review) = (
            Office::from_toml(BIDDING_CORE_EXAMPLE).unwrap(),
            Office::from_toml(BIDDING_REVIEW_EXAMPLE).unwrap(),
        );
        let (one, two) = (core.bidding().unwrap(), review.bidding().unwrap());
        assert_eq!((one.review, one.same_pin), (ReviewPolicy::None, SamePin::Auto));
        let accept = ReviewPolicy::OnMismatch {
            variant: Variant::Accept,
        };
        assert_eq!((two.review, two.same_pin), (accept, SamePin::Off));
        assert_eq!(review.review.rule.persons, Persons::One);
        for bidding in [one, two] {
            assert_eq!((bidding.early_after_days, bidding.returned_for_days), (183, 14));
            assert!(bidding.links.contact.is_some() && bidding.links.information.is_some());
        }
    }

    #[test]
    fn an_office_has_what_its_kind_has_and_nothing_else() {
        let (authority, bidding) = (
            Office::from_toml(AUTHORITY_EXAMPLE).unwrap(),
            Office::from_toml(BIDDING_CORE_EXAMPLE).unwrap(),
        );
        assert!(authority.bidding().is_err() && bidding.authority().is_err());
        assert!(bidding.paper_policy().is_err());
        assert!(authority.offers("revocation") && !authority.offers("renewal"));
        assert!(bidding.offers("renewal") && !bidding.offers("revocation"));
        let wrong = refused(AUTHORITY_EXAMPLE, "desk = \"authority\"", "desk = \"bidding\"");
        assert!(wrong.contains("[bidding]"), "{wrong}");
        let wrong = refused(BIDDING_CORE_EXAMPLE, "desk = \"bidding\"", "desk = \"authority\"");
        assert!(wrong.contains("[revocation]"), "{wrong}");
        let wrong = refused(
            BIDDING_CORE_EXAMPLE,
            "[review]\n",
            "[review]\nenclosed_within_months = 3\n",
        );
        assert!(wrong.contains("enclosed_within_months"), "{wrong}");
    }

    #[test]
    fn a_value_that_cannot_be_is_refused_by_its_key() {
        for (key, from, to) in [
            (
                "bidding.variant",
                "review = \"none\"",
                "review = \"none\"\nvariant = \"hold\"",
            ),
            (
                "bidding.returned_for_days",
                "returned_for_days = 14",
                "returned_for_days = 0",
            ),
            ("bidding.links", "contact = \"https://", "contact = \"javascript:"),
            ("authorities", "authorities = [\"mihon-issuing\"]", "authorities = []"),
        ] {
            let wrong = refused(BIDDING_CORE_EXAMPLE, from, to);
            assert!(wrong.contains(key), "{key}: {wrong}");
        }
    }

    #[test]
    fn a_foreign_issuer_is_pinned_by_a_certificate_that_can_be_read() {
        let with = |certificate: &str| {
            let issuer = "[[issuer]]\nname = \"甲\"\ncertificate = '''\n";
            format!("{BIDDING_CORE_EXAMPLE}\n{issuer}{certificate}\n'''\n")
        };
        for wrong in [
            "",
            "甲認証局",
            "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
        ] {
            let said = Office::from_toml(&with(wrong)).unwrap_err().to_string();
            assert!(said.contains("`issuer`") && said.contains("甲"), "{said}");
        }
    }
}
