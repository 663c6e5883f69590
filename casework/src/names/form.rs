//! Legal forms and how they are abbreviated (DOMAIN §9.3, K1 step 7).

/// The legal form whose abbreviation stands between brackets.
pub(super) fn in_full(abbreviation: impl Iterator<Item = char> + Clone) -> Option<&'static str> {
    FORMS
        .iter()
        .find_map(|(short, full)| short.chars().eq(abbreviation.clone()).then_some(*full))
}

const FORMS: &[(&str, &str)] = &[
    ("株", "株式会社"),
    ("有", "有限会社"),
    ("同", "合同会社"),
    ("名", "合名会社"),
    ("資", "合資会社"),
    ("相", "相互会社"),
    ("一社", "一般社団法人"),
    ("一財", "一般財団法人"),
    ("公社", "公益社団法人"),
    ("公財", "公益財団法人"),
    ("社", "社団法人"),
    ("財", "財団法人"),
    ("医", "医療法人"),
    ("学", "学校法人"),
    ("宗", "宗教法人"),
    ("福", "社会福祉法人"),
    ("社福", "社会福祉法人"),
    ("特非", "特定非営利活動法人"),
    ("更", "更生保護法人"),
    ("農", "農事組合法人"),
    ("協", "協同組合"),
    ("企", "企業組合"),
    ("独", "独立行政法人"),
    ("地独", "地方独立行政法人"),
];
