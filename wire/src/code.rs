//! The stable error codes: DOMAIN's message ids. One code for each thing a reader would do differently.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A message id. Its words live in the catalogues of the server and the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub enum Code {
    /// No card reader is found.
    #[serde(rename = "E-READER-NONE")]
    ReaderNone,
    /// No card is inserted.
    #[serde(rename = "E-CARD-NONE")]
    CardNone,
    /// The card is mute, worn or inserted the wrong way.
    #[serde(rename = "E-CARD-UNREADABLE")]
    CardUnreadable,
    /// The card is of another kind.
    #[serde(rename = "E-CARD-TYPE")]
    CardType,
    /// The card was taken out while it was being used.
    #[serde(rename = "E-CARD-REMOVED")]
    CardRemoved,
    /// Another card is inserted than the one that began.
    #[serde(rename = "E-CARD-CHANGED")]
    CardChanged,
    /// More than one card is inserted.
    #[serde(rename = "E-CARD-MULTI")]
    CardMulti,
    /// Another program holds the card.
    #[serde(rename = "E-CARD-BUSY")]
    CardBusy,
    /// The smart-card service of this computer is missing or stopped.
    #[serde(rename = "E-PCSC")]
    PcscMissing,
    /// The PIN is wrong.
    #[serde(rename = "E-PIN-WRONG")]
    PinWrong,
    /// One more wrong PIN locks the card.
    #[serde(rename = "W-PIN-LAST")]
    WarnPinLast,
    /// The authority's card is locked.
    #[serde(rename = "E-PIN-LOCKED-AOS")]
    PinLockedAos,
    /// The PIN cannot have this form; no try was spent.
    #[serde(rename = "E-PIN-FORMAT")]
    PinFormat,
    /// The certificate has expired.
    #[serde(rename = "E-CERT-EXPIRED")]
    CertExpired,
    /// The certificate is not yet valid.
    #[serde(rename = "E-CERT-NOTYET")]
    CertNotyet,
    /// The certificate is revoked already.
    #[serde(rename = "E-CERT-REVOKED")]
    CertRevoked,
    /// The certificate's status could not be determined.
    #[serde(rename = "E-CERT-UNKNOWN")]
    CertUnknown,
    /// The issuer is not accepted here.
    #[serde(rename = "E-CERT-ISSUER")]
    CertIssuer,
    /// The certificate does not verify.
    #[serde(rename = "E-CERT-CHAIN")]
    CertChain,
    /// The last day for online revocation has passed (R002).
    #[serde(rename = "E-REV-LATE")]
    RevLate,
    /// The procedure and the terms have not both been opened.
    #[serde(rename = "E-GATE-1")]
    GateTexts,
    /// The checkbox is not ticked.
    #[serde(rename = "E-GATE-2")]
    GateChecked,
    /// Full-width characters are wanted.
    #[serde(rename = "E-WIDTH-ZEN")]
    WidthZen,
    /// Half-width digits are wanted.
    #[serde(rename = "E-WIDTH-HAN")]
    WidthHan,
    /// Full-width katakana is wanted.
    #[serde(rename = "E-KANA")]
    Kana,
    /// The telephone number has another form.
    #[serde(rename = "E-TEL")]
    Tel,
    /// The mail address has another form.
    #[serde(rename = "E-MAIL-FORMAT")]
    MailFormat,
    /// The two mail addresses differ.
    #[serde(rename = "E-MAIL-DIFF")]
    MailDiff,
    /// There is no such date.
    #[serde(rename = "E-DATE-INVALID")]
    DateInvalid,
    /// The date lies in the future.
    #[serde(rename = "E-DATE-FUTURE")]
    DateFuture,
    /// The date lies before the certificate's validity.
    #[serde(rename = "E-DATE-EARLY")]
    DateEarly,
    /// The choice is not one of those offered.
    #[serde(rename = "E-CHOICE")]
    Choice,
    /// The field is empty.
    #[serde(rename = "E-REQ")]
    Req,
    /// The field is too long.
    #[serde(rename = "E-LEN")]
    Len,
    /// The field holds a character that cannot be used.
    #[serde(rename = "E-CHAR")]
    Char,
    /// This reason is taken on paper only (R001).
    #[serde(rename = "E-ONLINE")]
    Online,
    /// The page is out of date.
    #[serde(rename = "E-STALE")]
    Stale,
    /// The session ended because nothing was done for a while.
    #[serde(rename = "E-TIMEOUT")]
    Timeout,
    /// An application for this certificate has been accepted already.
    #[serde(rename = "E-DUP")]
    Dup,
    /// The connection broke; the result must be looked up.
    #[serde(rename = "E-NET-UNKNOWN")]
    NetUnknown,
    /// The signature does not belong to what was shown.
    #[serde(rename = "E-SIGNATURE")]
    Signature,
    /// The request came from a place that is not allowed.
    #[serde(rename = "E-ORIGIN")]
    Origin,
    /// Another agent has taken this request.
    #[serde(rename = "E-CLAIMED")]
    Claimed,
    /// The signature app is too old for this portal.
    #[serde(rename = "E-UPDATE")]
    Update,
    /// Too many requests in a short time.
    #[serde(rename = "E-LIMIT")]
    Limit,
    /// The request is larger than the stated limit.
    #[serde(rename = "E-SIZE")]
    Size,
    /// There is nothing here for this session.
    #[serde(rename = "E-NOT-FOUND")]
    NotFound,
    /// Nobody is logged in who may work here, or the account is blocked.
    #[serde(rename = "E-OFFICER")]
    Officer,
    /// The account does not have the role that this needs.
    #[serde(rename = "E-ROLE")]
    Role,
    /// An officer does not decide on what concerns the officer or the officer's company.
    #[serde(rename = "E-OWN")]
    Own,
    /// Nobody changes the own account's roles or state.
    #[serde(rename = "E-OWN-ACCOUNT")]
    OwnAccount,
    /// The same person has approved it before.
    #[serde(rename = "E-SAME-PERSON")]
    SamePerson,
    /// Another officer is working on it.
    #[serde(rename = "E-TAKEN")]
    Taken,
    /// The officer does not have it, or had it for too long.
    #[serde(rename = "E-NOT-TAKEN")]
    NotTaken,
    /// The first approval on record is not signed by the card that it names.
    #[serde(rename = "E-UNPROVEN")]
    Unproven,
    /// It is not the code of this invitation.
    #[serde(rename = "E-INVITE-CODE")]
    InviteCode,
    /// The invitation's time is over.
    #[serde(rename = "E-INVITE-LAPSED")]
    InviteLapsed,
    /// The card belongs to another account.
    #[serde(rename = "E-CARD-TAKEN")]
    CardTaken,
    /// The card belongs to somebody else than the one who was invited.
    #[serde(rename = "E-HOLDER")]
    Holder,
    /// Nobody else could let anybody in.
    #[serde(rename = "E-LAST-ADMIN")]
    LastAdmin,
    /// There are as many as there may be.
    #[serde(rename = "E-MANY")]
    Many,
    /// What must be enclosed is not among it.
    #[serde(rename = "E-ENCLOSED")]
    Enclosed,
    /// A certificate of an office is too old.
    #[serde(rename = "E-OLD")]
    Old,
    /// The file is of a kind that is not taken.
    #[serde(rename = "E-FILE-TYPE")]
    FileType,
    /// The file cannot be read as what it says it is.
    #[serde(rename = "E-FILE-DAMAGED")]
    FileDamaged,
    /// No valid token came with the request.
    #[serde(rename = "E-TOKEN")]
    Token,
    /// The token is not for this.
    #[serde(rename = "E-SCOPE")]
    Scope,
    /// The same idempotency key came with something else.
    #[serde(rename = "E-IDEMPOTENCY")]
    Idempotency,
    /// The request is not of the form that the API describes.
    #[serde(rename = "E-MALFORMED")]
    Malformed,
    /// Number and check code do not belong together.
    #[serde(rename = "E-CHECK")]
    CheckCode,
    /// The current card and the new one are the same (R110).
    #[serde(rename = "E-CARD-SAME")]
    CardSame,
    /// The new card is where the current one was asked for (R111).
    #[serde(rename = "E-CARD-SWAPPED")]
    CardSwapped,
    /// The card is registered already (R112).
    #[serde(rename = "E-CARD-REGISTERED")]
    CardRegistered,
    /// Nobody is registered with this card.
    #[serde(rename = "E-CARD-NOTREG")]
    CardNotreg,
    /// Another card has taken this one's place (R104).
    #[serde(rename = "E-CARD-RENEWED")]
    CardRenewed,
    /// What was applied for cannot be approved: the new card is not accepted any more.
    #[serde(rename = "E-REVIEW-CERT")]
    ReviewCert,
    /// The company has not shown that it is the one in the register.
    #[serde(rename = "E-PROVE")]
    Prove,
    /// The company's qualification does not count today.
    #[serde(rename = "E-QUALIFICATION")]
    Qualification,
    /// A denial or a return says why.
    #[serde(rename = "E-REASON")]
    Reason,
    /// ID and password do not belong together here, or none is looked at for a while.
    #[serde(rename = "E-LOGIN")]
    Login,
    /// The organisation's contract has ended.
    #[serde(rename = "E-CONTRACT")]
    ContractEnded,
    /// The link of a mail was used before, has lapsed or was never sent.
    #[serde(rename = "E-LINK")]
    LinkSpent,
    /// A link was sent just now; the next one is sent a little later.
    #[serde(rename = "E-LINK-SOON")]
    LinkSent,
    /// Another account has the ID.
    #[serde(rename = "E-LOGIN-TAKEN")]
    LoginTaken,
    /// Another organisation has the contract number.
    #[serde(rename = "E-CONTRACT-TAKEN")]
    ContractTaken,
    /// The password has too few characters.
    #[serde(rename = "E-PASSWORD-SHORT")]
    PasswordShort,
    /// The password has too many characters.
    #[serde(rename = "E-PASSWORD-LONG")]
    PasswordLong,
    /// The password has a character that cannot be used.
    #[serde(rename = "E-PASSWORD-CHAR")]
    PasswordChar,
    /// The password is made of what anybody would try.
    #[serde(rename = "E-PASSWORD-COMMON")]
    PasswordCommon,
    /// The new password is the present one.
    #[serde(rename = "E-PASSWORD-SAME")]
    PasswordSame,
    /// The password and its repetition differ.
    #[serde(rename = "E-PASSWORD-DIFF")]
    PasswordDiff,
    /// The new card ends before the current one (R115).
    #[serde(rename = "W-OLDER")]
    WarnOlder,
    /// The current card has a long time left (R103).
    #[serde(rename = "W-EARLY")]
    WarnEarly,
    /// A bid is opened after the current card's end (R106).
    #[serde(rename = "W-BID")]
    WarnBid,
    /// The company on the card differs from the registered one (R116).
    #[serde(rename = "W-NAME")]
    WarnName,
    /// It is held for review.
    #[serde(rename = "I-HELD")]
    InfoHeld,
    /// The server could not finish; nothing was accepted.
    #[serde(rename = "E-FAULT")]
    Fault,
}

impl Code {
    /// Every code, for the test that both catalogues know each one.
    pub const ALL: &[Self] = &[
        Self::ReaderNone,
        Self::CardNone,
        Self::CardUnreadable,
        Self::CardType,
        Self::CardRemoved,
        Self::CardChanged,
        Self::CardMulti,
        Self::CardBusy,
        Self::PcscMissing,
        Self::PinWrong,
        Self::WarnPinLast,
        Self::PinLockedAos,
        Self::PinFormat,
        Self::CertExpired,
        Self::CertNotyet,
        Self::CertRevoked,
        Self::CertUnknown,
        Self::CertIssuer,
        Self::CertChain,
        Self::RevLate,
        Self::GateTexts,
        Self::GateChecked,
        Self::WidthZen,
        Self::WidthHan,
        Self::Kana,
        Self::Tel,
        Self::MailFormat,
        Self::MailDiff,
        Self::DateInvalid,
        Self::DateFuture,
        Self::DateEarly,
        Self::Choice,
        Self::Req,
        Self::Len,
        Self::Char,
        Self::Online,
        Self::Stale,
        Self::Timeout,
        Self::Dup,
        Self::NetUnknown,
        Self::Signature,
        Self::Origin,
        Self::Claimed,
        Self::Update,
        Self::Limit,
        Self::Size,
        Self::NotFound,
        Self::Officer,
        Self::Role,
        Self::Own,
        Self::OwnAccount,
        Self::SamePerson,
        Self::Taken,
        Self::NotTaken,
        Self::Unproven,
        Self::InviteCode,
        Self::InviteLapsed,
        Self::CardTaken,
        Self::Holder,
        Self::LastAdmin,
        Self::Many,
        Self::Enclosed,
        Self::Old,
        Self::FileType,
        Self::FileDamaged,
        Self::Token,
        Self::Scope,
        Self::Idempotency,
        Self::Malformed,
        Self::CheckCode,
        Self::CardSame,
        Self::CardSwapped,
        Self::CardRegistered,
        Self::CardNotreg,
        Self::CardRenewed,
        Self::ReviewCert,
        Self::Prove,
        Self::Qualification,
        Self::Reason,
        Self::Login,
        Self::ContractEnded,
        Self::LinkSpent,
        Self::LinkSent,
        Self::LoginTaken,
        Self::ContractTaken,
        Self::PasswordShort,
        Self::PasswordLong,
        Self::PasswordChar,
        Self::PasswordCommon,
        Self::PasswordSame,
        Self::PasswordDiff,
        Self::WarnOlder,
        Self::WarnEarly,
        Self::WarnBid,
        Self::WarnName,
        Self::InfoHeld,
        Self::Fault,
    ];

    /// Those that only the officers' pages, the receipt's page and the API speak: no card request ends with one.
    pub const OF_THE_OFFICE: &[Self] = &[
        Self::Officer,
        Self::Role,
        Self::Own,
        Self::OwnAccount,
        Self::SamePerson,
        Self::Taken,
        Self::NotTaken,
        Self::Unproven,
        Self::InviteCode,
        Self::InviteLapsed,
        Self::CardTaken,
        Self::Holder,
        Self::LastAdmin,
        Self::Many,
        Self::Enclosed,
        Self::Old,
        Self::FileType,
        Self::FileDamaged,
        Self::Token,
        Self::Scope,
        Self::Idempotency,
        Self::Malformed,
        Self::CheckCode,
        Self::ReviewCert,
        Self::Prove,
        Self::Qualification,
        Self::Reason,
        Self::Login,
        Self::ContractEnded,
        Self::LinkSpent,
        Self::LinkSent,
        Self::LoginTaken,
        Self::ContractTaken,
        Self::PasswordShort,
        Self::PasswordLong,
        Self::PasswordChar,
        Self::PasswordCommon,
        Self::PasswordSame,
        Self::PasswordDiff,
        Self::WarnOlder,
        Self::WarnEarly,
        Self::WarnBid,
        Self::WarnName,
        Self::InfoHeld,
    ];

    /// The id as it stands at the end of a message.
    pub const fn id(self) -> &'static str {
        match self {
            Self::ReaderNone => "E-READER-NONE",
            Self::CardNone => "E-CARD-NONE",
            Self::CardUnreadable => "E-CARD-UNREADABLE",
            Self::CardType => "E-CARD-TYPE",
            Self::CardRemoved => "E-CARD-REMOVED",
            Self::CardChanged => "E-CARD-CHANGED",
            Self::CardMulti => "E-CARD-MULTI",
            Self::CardBusy => "E-CARD-BUSY",
            Self::PcscMissing => "E-PCSC",
            Self::PinWrong => "E-PIN-WRONG",
            Self::WarnPinLast => "W-PIN-LAST",
            Self::PinLockedAos => "E-PIN-LOCKED-AOS",
            Self::PinFormat => "E-PIN-FORMAT",
            Self::CertExpired => "E-CERT-EXPIRED",
            Self::CertNotyet => "E-CERT-NOTYET",
            Self::CertRevoked => "E-CERT-REVOKED",
            Self::CertUnknown => "E-CERT-UNKNOWN",
            Self::CertIssuer => "E-CERT-ISSUER",
            Self::CertChain => "E-CERT-CHAIN",
            Self::RevLate => "E-REV-LATE",
            Self::GateTexts => "E-GATE-1",
            Self::GateChecked => "E-GATE-2",
            Self::WidthZen => "E-WIDTH-ZEN",
            Self::WidthHan => "E-WIDTH-HAN",
            Self::Kana => "E-KANA",
            Self::Tel => "E-TEL",
            Self::MailFormat => "E-MAIL-FORMAT",
            Self::MailDiff => "E-MAIL-DIFF",
            Self::DateInvalid => "E-DATE-INVALID",
            Self::DateFuture => "E-DATE-FUTURE",
            Self::DateEarly => "E-DATE-EARLY",
            Self::Choice => "E-CHOICE",
            Self::Req => "E-REQ",
            Self::Len => "E-LEN",
            Self::Char => "E-CHAR",
            Self::Online => "E-ONLINE",
            Self::Stale => "E-STALE",
            Self::Timeout => "E-TIMEOUT",
            Self::Dup => "E-DUP",
            Self::NetUnknown => "E-NET-UNKNOWN",
            Self::Signature => "E-SIGNATURE",
            Self::Origin => "E-ORIGIN",
            Self::Claimed => "E-CLAIMED",
            Self::Update => "E-UPDATE",
            Self::Limit => "E-LIMIT",
            Self::Size => "E-SIZE",
            Self::NotFound => "E-NOT-FOUND",
            Self::Officer => "E-OFFICER",
            Self::Role => "E-ROLE",
            Self::Own => "E-OWN",
            Self::OwnAccount => "E-OWN-ACCOUNT",
            Self::SamePerson => "E-SAME-PERSON",
            Self::Taken => "E-TAKEN",
            Self::NotTaken => "E-NOT-TAKEN",
            Self::Unproven => "E-UNPROVEN",
            Self::InviteCode => "E-INVITE-CODE",
            Self::InviteLapsed => "E-INVITE-LAPSED",
            Self::CardTaken => "E-CARD-TAKEN",
            Self::Holder => "E-HOLDER",
            Self::LastAdmin => "E-LAST-ADMIN",
            Self::Many => "E-MANY",
            Self::Enclosed => "E-ENCLOSED",
            Self::Old => "E-OLD",
            Self::FileType => "E-FILE-TYPE",
            Self::FileDamaged => "E-FILE-DAMAGED",
            Self::Token => "E-TOKEN",
            Self::Scope => "E-SCOPE",
            Self::Idempotency => "E-IDEMPOTENCY",
            Self::Malformed => "E-MALFORMED",
            Self::CheckCode => "E-CHECK",
            Self::CardSame => "E-CARD-SAME",
            Self::CardSwapped => "E-CARD-SWAPPED",
            Self::CardRegistered => "E-CARD-REGISTERED",
            Self::CardNotreg => "E-CARD-NOTREG",
            Self::CardRenewed => "E-CARD-RENEWED",
            Self::ReviewCert => "E-REVIEW-CERT",
            Self::Prove => "E-PROVE",
            Self::Qualification => "E-QUALIFICATION",
            Self::Reason => "E-REASON",
            Self::Login => "E-LOGIN",
            Self::ContractEnded => "E-CONTRACT",
            Self::LinkSpent => "E-LINK",
            Self::LinkSent => "E-LINK-SOON",
            Self::LoginTaken => "E-LOGIN-TAKEN",
            Self::ContractTaken => "E-CONTRACT-TAKEN",
            Self::PasswordShort => "E-PASSWORD-SHORT",
            Self::PasswordLong => "E-PASSWORD-LONG",
            Self::PasswordChar => "E-PASSWORD-CHAR",
            Self::PasswordCommon => "E-PASSWORD-COMMON",
            Self::PasswordSame => "E-PASSWORD-SAME",
            Self::PasswordDiff => "E-PASSWORD-DIFF",
            Self::WarnOlder => "W-OLDER",
            Self::WarnEarly => "W-EARLY",
            Self::WarnBid => "W-BID",
            Self::WarnName => "W-NAME",
            Self::InfoHeld => "I-HELD",
            Self::Fault => "E-FAULT",
        }
    }
}

impl core::fmt::Display for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.id())
    }
}
