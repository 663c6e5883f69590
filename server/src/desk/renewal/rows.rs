//! The rows of 電子証明書更新確認, exactly as the source documents have them: nine under `core` (DOMAIN §4.3), eight under
//! `review` (§5.1). The same for both cards, on the page, in the text that is signed and in print.

use casework::register::Entry;
use casework::renewal::ReviewPolicy;
use wire::office::Language;

use crate::desk::bidder::CardFace;
use crate::desk::text::Words;

/// A row, by what it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// 企業名称; 商号又は名称. Of the register.
    Company,
    /// 企業住所; 所在地. Of the register.
    Address,
    /// ICカード企業名称; ICカード商号又は名称
    CardCompany,
    /// ICカード企業住所; as ICカード取得者業者所在地 it stands behind the holder.
    CardCompanyAddress,
    /// ICカード取得者氏名
    Holder,
    /// ICカード取得者住所, under `core` alone.
    HolderAddress,
    /// 証明書シリアル番号
    Serial,
    /// 証明書発行者
    Issuer,
    /// 証明書有効期限
    ValidUntil,
}

/// A row of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it tells.
    pub item: Item,
    /// As it is called here.
    pub label: &'static str,
    /// What it says; empty where neither card nor register says anything.
    pub value: String,
}

/// The rows of a card beside its company's entry.
pub fn rows(review: ReviewPolicy, entry: Option<&Entry>, card: &CardFace, language: Language) -> Vec<Row> {
    let words = Words { language };
    let items: &[Item] = match review {
        ReviewPolicy::None => &CORE,
        ReviewPolicy::OnMismatch { .. } => &REVIEW,
    };
    items
        .iter()
        .map(|item| Row {
            item: *item,
            label: label(*item, review, &words),
            value: value(*item, entry, card),
        })
        .collect()
}

fn value(item: Item, entry: Option<&Entry>, card: &CardFace) -> String {
    match item {
        Item::Company => entry.map(|entry| entry.name.clone()).unwrap_or_default(),
        Item::Address => entry.map(|entry| entry.address.clone()).unwrap_or_default(),
        Item::CardCompany => card.company.clone(),
        Item::CardCompanyAddress => card.company_address.clone(),
        Item::Holder => card.holder.clone(),
        Item::HolderAddress => card.holder_address.clone(),
        Item::Serial => card.serial.clone(),
        Item::Issuer => card.issuer.clone(),
        Item::ValidUntil => {
            let date = card.valid.1.day().date();
            format!("{:04}/{:02}/{:02}", date.year, date.month, date.day) // G-T6
        }
    }
}

const fn label(item: Item, review: ReviewPolicy, words: &Words) -> &'static str {
    match (item, review) {
        (Item::Company, ReviewPolicy::None) => words.of("企業名称", "Company (register)"),
        (Item::Company, ReviewPolicy::OnMismatch { .. }) => words.of("商号又は名称", "Company name (register)"),
        (Item::Address, ReviewPolicy::None) => words.of("企業住所", "Company address (register)"),
        (Item::Address, ReviewPolicy::OnMismatch { .. }) => words.of("所在地", "Address (register)"),
        (Item::CardCompany, ReviewPolicy::None) => words.of("ICカード企業名称", "Company on card"),
        (Item::CardCompany, ReviewPolicy::OnMismatch { .. }) => {
            words.of("ICカード商号又は名称", "Company name on card")
        }
        (Item::CardCompanyAddress, ReviewPolicy::None) => words.of("ICカード企業住所", "Company address on card"),
        (Item::CardCompanyAddress, ReviewPolicy::OnMismatch { .. }) => {
            words.of("ICカード取得者業者所在地", "Holder's business address")
        }
        (Item::Holder, _) => words.of("ICカード取得者氏名", "Holder name"),
        (Item::HolderAddress, _) => words.of("ICカード取得者住所", "Holder address"),
        (Item::Serial, _) => words.of("証明書シリアル番号", "Serial (decimal)"),
        (Item::Issuer, _) => words.of("証明書発行者", "Issuer DN"),
        (Item::ValidUntil, _) => words.of("証明書有効期限", "Valid to"),
    }
}

const CORE: [Item; 9] = [
    Item::Company,
    Item::Address,
    Item::CardCompany,
    Item::CardCompanyAddress,
    Item::Holder,
    Item::HolderAddress,
    Item::Serial,
    Item::Issuer,
    Item::ValidUntil,
];

const REVIEW: [Item; 8] = [
    Item::Company,
    Item::Address,
    Item::CardCompany,
    Item::Holder,
    Item::CardCompanyAddress,
    Item::Serial,
    Item::Issuer,
    Item::ValidUntil,
];
