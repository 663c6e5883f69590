//! Who is who in the demo: each card with its holder, its company and the matter with it.

use serde::Serialize;
use server::clock::Instant;

/// What is told of a card, and what is written on it.
#[derive(Clone, Copy)]
pub(crate) struct Story {
    /// Its name in addresses.
    pub(crate) id: &'static str,
    /// On which side of the counter.
    pub(crate) side: Side,
    /// Its holder, in Japanese and in Latin letters.
    pub(crate) holder: [&'static str; 2],
    /// For whom the holder stands.
    pub(crate) company: Company,
    /// Which of its company's cards it is, in Japanese and in English, where it has several.
    pub(crate) which: Option<[&'static str; 2]>,
    /// The matter with it.
    pub(crate) ja: &'static str,
    /// The same in English.
    pub(crate) en: &'static str,
    /// Its PIN, which only an example tells.
    pub(crate) pin: &'static str,
    /// From and until when it is valid.
    pub(crate) term: Term,
    /// The price that was paid for it, yen.
    price: u32,
}

/// Where its holder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Side {
    /// Applies to the authority for a revocation.
    Holder,
    /// Takes part in tenders of the ordering bodies.
    Bidder,
    /// Decides, at the authority, at an ordering body or at the service centre.
    Officer,
}

/// A company as its cards name it.
#[derive(Clone, Copy)]
pub(crate) struct Company {
    /// Its name.
    pub(crate) name: &'static str,
    romaji: &'static str,
    address: &'static str,
    corporate_number: Option<&'static str>,
}

/// How long a card is valid.
#[derive(Clone, Copy)]
pub(crate) enum Term {
    /// As it is sold, from now on.
    Sold(&'static str),
    /// From so many days ago to so many days from now, or ago where it is negative.
    Days(i32, i32),
}

impl Story {
    /// Its holder and the company behind, as the start page names them.
    pub(crate) fn named(&self) -> String {
        format!("{}（{}）", self.holder[0], self.company.name)
    }

    /// The holder's file, as the authority takes it.
    pub(crate) fn order(&self, now: Instant) -> String {
        let term = match self.term {
            Term::Sold(term) => format!("term = \"{term}\""),
            Term::Days(from, until) => {
                let day = |days: i32| now.day().plus(days).date();
                format!("from = \"{}\"\nuntil = \"{}\"", day(-from), day(until))
            }
        };
        let [name, romaji] = self.holder;
        let company = self.company;
        let corporate = company
            .corporate_number
            .map(|number| format!("corporate_number = \"{number}\"\n"))
            .unwrap_or_default();
        format!(
            "{term}\n\n[holder]\nname = \"{name}\"\nname_romaji = \"{romaji}\"\n\n[organisation]\nname = \"{}\"\n\
             name_romaji = \"{}\"\naddress = \"{}\"\n{corporate}\n[purchase]\nprice = {}\n",
            company.name, company.romaji, company.address, self.price
        )
    }
}

/// Valid for another year: of two years and thirty days thirteen months have passed, so the refund is worth a look.
pub(crate) const VALID: Story = Story {
    id: "valid",
    side: Side::Holder,
    holder: ["髙橋 一郎", "TAKAHASHI Ichiro"],
    company: KOMUTEN,
    which: None,
    ja: "あと1年有効なカードです。失効申込ができます。",
    en: "Valid for another year: it can be revoked online.",
    pin: "27182818",
    term: Term::Days(395, 365),
    price: 28_600,
};
/// 20 days before its expiry.
pub(crate) const LATE: Story = Story {
    id: "late",
    side: Side::Holder,
    holder: ["山﨑 花子", "YAMAZAKI Hanako"],
    company: Company {
        name: "有限会社例示建設",
        romaji: "Reiji Kensetsu Ltd.",
        address: "東京都港区赤坂二丁目2番2号",
        corporate_number: None,
    },
    which: None,
    ja: "あと20日で有効期間が満了します。インターネットでの失効申込の期限は過ぎています。",
    en: "Expires in 20 days: the last day for online revocation has passed.",
    pin: "31415926",
    term: Term::Days(345, 20),
    price: 16_500,
};
/// One try before lock.
pub(crate) const LAST_TRY: Story = Story {
    id: "last-try",
    side: Side::Holder,
    holder: ["𠮷田 次郎", "YOSHIDA Jiro"],
    company: KOMUTEN,
    which: None,
    ja: "暗証番号をあと1回間違えるとロックされます。",
    en: "One more wrong PIN locks it.",
    pin: "16180339",
    term: Term::Sold("2年+30日"),
    price: 52_800,
};
/// Another authority's card.
pub(crate) const FOREIGN: Story = Story {
    id: "foreign",
    side: Side::Holder,
    holder: ["別所 三郎", "BESSHO Saburo"],
    company: Company {
        name: "別注株式会社",
        romaji: "Betchu Co., Ltd.",
        address: "大阪府大阪市北区中之島三丁目3番3号",
        corporate_number: None,
    },
    which: None,
    ja: "別の認証局のカードです。ここの窓口では使えません。",
    en: "A card of another authority: no office here takes it.",
    pin: "14142135",
    term: YEAR,
    price: 28_600,
};
/// A broken card.
pub(crate) const MUTE: Story = Story {
    id: "mute",
    side: Side::Holder,
    holder: ["無口 四郎", "MUGUCHI Shiro"],
    company: KOMUTEN,
    which: None,
    ja: "壊れていて、リーダーに応答しません。",
    en: "Broken: it does not answer the reader.",
    pin: "17320508",
    term: YEAR,
    price: 28_600,
};
/// The officer who enters.
pub(crate) const ENTRY: Story = Story {
    id: "entry",
    side: Side::Officer,
    holder: ["青山 恵", "AOYAMA Megumi"],
    company: AUTHORITY,
    which: None,
    ja: "認証局の受付・承認・管理の職員です。書面の失効申込を1件入力し、署名しました。",
    en: "Officer of the authority for entry, approval and administration: has entered one application on paper and signed it.",
    pin: "22360679",
    term: YEAR,
    price: 28_600,
};
/// The second person.
pub(crate) const APPROVAL: Story = Story {
    id: "approval",
    side: Side::Officer,
    holder: ["石井 誠", "ISHII Makoto"],
    company: AUTHORITY,
    which: None,
    ja: "認証局の承認の職員です。入力した職員とは別の人として、申込を決定します。",
    en: "Officer of the authority for approval: the second person, who decides on what the first has entered.",
    pin: "24494897",
    term: YEAR,
    price: 28_600,
};
/// The city's clerk.
pub(crate) const CLERK: Story = Story {
    id: "clerk",
    side: Side::Officer,
    holder: ["小川 直美", "OGAWA Naomi"],
    company: Company {
        name: "見本市",
        romaji: "City of Mihon",
        address: "東京都港区赤坂五丁目5番5号",
        corporate_number: None,
    },
    which: None,
    ja: "見本市の契約管理課の職員です。保留中の申請を決定します。",
    en: "Officer of the City of Mihon: decides on what is held.",
    pin: "26457513",
    term: YEAR,
    price: 28_600,
};
/// The centre's examiner.
pub(crate) const EXAMINER: Story = Story {
    id: "examiner",
    side: Side::Officer,
    holder: ["森田 真司", "MORITA Shinji"],
    company: Company {
        name: "見本センター",
        romaji: "Mihon Center",
        address: "東京都港区赤坂六丁目6番6号",
        corporate_number: None,
    },
    which: None,
    ja: "見本センターの職員です。再発行の申込を審査します。契約者を登録し、利用者を招待します。",
    en: "Officer of Mihon Center: examines applications for reissues, keeps its customers and invites their users.",
    pin: "47958315",
    // It is made when the centre's year begins that the demo has behind it.
    term: Term::Days(30, 720),
    price: 28_600,
};
/// What the company uses today at both ordering bodies.
pub(crate) const SATO: Story = Story {
    id: "sato",
    side: Side::Bidder,
    holder: ["佐藤 健", "SATO Takeshi"],
    company: KENSETSU,
    which: CURRENT_CARD,
    ja: "見本県と見本市に登録済みの、現在使用しているカードです。あと40日で有効期間が満了します。",
    en: "The current card, registered at both ordering bodies. It expires in 40 days.",
    pin: "33166247",
    term: CURRENT,
    price: 28_600,
};
/// What shall follow it, with its PIN.
pub(crate) const SATO_NEW: Story = Story {
    id: "sato-new",
    side: Side::Bidder,
    which: NEW_CARD,
    ja: "同じ会社の新しいカードです。暗証番号は現在のカードと同じで、名義は名簿と一致します。",
    en: "The same company’s new card: the same PIN, and the names match the register.",
    term: NEW,
    price: 52_800,
    ..SATO
};
/// The same with a PIN of its own.
pub(crate) const SATO_OTHER_PIN: Story = Story {
    id: "sato-other-pin",
    which: Some(["新しいカード（別の暗証番号）", "new card, other PIN"]),
    ja: "同じ会社の新しいカードです。暗証番号だけが現在のカードと違います。",
    en: "The same company’s new card, with another PIN.",
    pin: "36055512",
    ..SATO_NEW
};
/// Too late.
pub(crate) const SATO_EXPIRED: Story = Story {
    id: "sato-expired",
    which: Some(["期限切れのカード", "expired card"]),
    ja: "同じ会社の古いカードです。有効期間は10日前に満了しました。",
    en: "An old card of the same company: it expired ten days ago.",
    term: Term::Days(400, -10),
    price: 28_600,
    ..SATO_NEW
};
/// Lost and revoked.
pub(crate) const SATO_REVOKED: Story = Story {
    id: "sato-revoked",
    which: Some(["失効したカード", "revoked card"]),
    ja: "同じ会社の新しいカードでしたが、失効しています。",
    en: "Was a new card of the same company; it is revoked.",
    ..SATO_NEW
};
/// The register writes 高木.
pub(crate) const TAKAGI: Story = Story {
    id: "takagi",
    side: Side::Bidder,
    holder: ["髙木 一", "TAKAGI Hajime"],
    company: Company {
        name: "有限会社髙木工業",
        romaji: "Takagi Kogyo Ltd.",
        address: "東京都港区赤坂三丁目3番3号",
        corporate_number: None,
    },
    which: CURRENT_CARD,
    ja: "見本市に登録済みです。名簿は「高木」、カードは「髙木」です（異体字）。見本県には、これから登録できます。",
    en: "Registered at the City of Mihon. The register has 高木, the card 髙木: another form of the same character. At Mihon Prefecture it can still be registered.",
    pin: "38729833",
    term: CURRENT,
    price: 28_600,
};
/// What shall follow it.
pub(crate) const TAKAGI_NEW: Story = Story {
    id: "takagi-new",
    which: NEW_CARD,
    ja: "髙木工業の新しいカードです。見本建設の更新に使うと「ほかの会社のカード」になります。",
    en: "The new card of Takagi Kogyo. In a renewal of Mihon Kensetsu it is another company’s card.",
    term: NEW,
    price: 52_800,
    ..TAKAGI
};
/// The representative of whom the register knows.
pub(crate) const SUZUKI: Story = Story {
    id: "suzuki",
    side: Side::Bidder,
    holder: ["鈴木 和子", "SUZUKI Kazuko"],
    company: Company {
        name: "株式会社見本設備",
        romaji: "Mihon Setsubi Co., Ltd.",
        address: "東京都千代田区霞が関三丁目3番3号",
        corporate_number: Some("3700001206002"),
    },
    which: CURRENT_CARD,
    ja: "見本市に登録済みの、現在使用しているカードです。名簿の代表者も鈴木 和子さんです。",
    en: "The current card, registered at the City of Mihon. The register has the same representative.",
    pin: "41231056",
    term: Term::Days(340, 25),
    price: 28_600,
};
/// The one of whom it does not know yet.
pub(crate) const TANAKA_NEW: Story = Story {
    id: "tanaka-new",
    holder: ["田中 一郎", "TANAKA Ichiro"],
    which: NEW_CARD,
    ja: "見本設備の新しいカードです。代表者が替わり、名簿はまだ鈴木さんのままです。更新は保留されます。",
    en: "The new card of Mihon Setsubi. The representative has changed and the register has not: the renewal is held.",
    pin: "43588989",
    term: NEW,
    price: 52_800,
    ..SUZUKI
};
/// Whose renewal is held from the beginning.
pub(crate) const YAMAMOTO: Story = Story {
    id: "yamamoto",
    side: Side::Bidder,
    holder: ["山本 久", "YAMAMOTO Hisashi"],
    company: Company {
        name: "有限会社例示造園",
        romaji: "Reiji Zoen Ltd.",
        address: "東京都港区赤坂四丁目4番4号",
        corporate_number: None,
    },
    which: CURRENT_CARD,
    ja: "見本市に登録済みの、現在使用しているカードです。更新を申請し、審査を待っています。",
    en: "The current card, registered at the City of Mihon. Its renewal has been applied for and is held.",
    pin: "44721359",
    term: Term::Days(353, 12),
    price: 28_600,
};
/// The card that waits for the clerk.
pub(crate) const KATO_NEW: Story = Story {
    id: "kato-new",
    holder: ["加藤 美咲", "KATO Misaki"],
    which: NEW_CARD,
    ja: "例示造園の新しいカードです。承認されるまではログインできません。",
    en: "The new card of Reiji Zoen. It cannot log in before the clerk has approved.",
    pin: "45825756",
    term: NEW,
    price: 52_800,
    ..YAMAMOTO
};

/// All of them, in the order of the drawer.
pub(crate) const ALL: [Story; 20] = [
    VALID,
    LATE,
    LAST_TRY,
    FOREIGN,
    MUTE,
    SATO,
    SATO_NEW,
    SATO_OTHER_PIN,
    SATO_EXPIRED,
    SATO_REVOKED,
    TAKAGI,
    TAKAGI_NEW,
    SUZUKI,
    TANAKA_NEW,
    YAMAMOTO,
    KATO_NEW,
    ENTRY,
    APPROVAL,
    CLERK,
    EXAMINER,
];

/// 見本認証局
pub(crate) const AUTHORITY: Company = Company {
    name: "見本認証局",
    romaji: "Mihon Certification Authority",
    address: "東京都千代田区霞が関一丁目1番1号",
    corporate_number: None,
};
const KOMUTEN: Company = Company {
    name: "株式会社見本工務店",
    romaji: "Mihon Komuten Co., Ltd.",
    address: "東京都千代田区霞が関一丁目1番1号",
    corporate_number: Some("7000012050002"),
};
const KENSETSU: Company = Company {
    name: "株式会社見本建設",
    romaji: "Mihon Kensetsu Co., Ltd.",
    address: "東京都千代田区霞が関二丁目2番2号",
    corporate_number: Some("4700001206001"),
};
const CURRENT_CARD: Option<[&str; 2]> = Some(["現在のカード", "current card"]);
const NEW_CARD: Option<[&str; 2]> = Some(["新しいカード", "new card"]);
const YEAR: Term = Term::Sold("1年+30日");
const NEW: Term = Term::Sold("2年+30日");
/// Near its end, so that a renewal is neither early nor late.
const CURRENT: Term = Term::Days(325, 40);
