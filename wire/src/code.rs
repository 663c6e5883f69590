//! The stable error codes: DOMAIN's message ids. One code for each thing a reader would do differently.

mod id;
mod list;

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
    /// An officer has it, and nobody else changes it meanwhile.
    #[serde(rename = "E-REVIEWING")]
    Reviewing,
    /// The desired date was chosen on another day and must be chosen anew.
    #[serde(rename = "E-DATE-GONE")]
    DateGone,
    /// The desired date is not written as eight digits.
    #[serde(rename = "E-DATE-FORMAT")]
    DateFormat,
    /// The desired date has passed.
    #[serde(rename = "E-DATE-PAST")]
    DatePast,
    /// The desired date is today.
    #[serde(rename = "E-DATE-SAMEDAY")]
    DateSameday,
    /// The office is closed on the desired date.
    #[serde(rename = "E-DATE-CLOSED")]
    DateClosed,
    /// The desired date lies too far ahead.
    #[serde(rename = "E-DATE-FAR")]
    DateFar,
    /// The holidays of the desired date's year are not known yet.
    #[serde(rename = "E-DATE-UNKNOWN")]
    DateUnknown,
    /// No terminal is chosen.
    #[serde(rename = "E-TERM-NONE")]
    TermNone,
    /// The customer has no such terminal.
    #[serde(rename = "E-TERM-UNKNOWN")]
    TermUnknown,
    /// The terminal is in another open application.
    #[serde(rename = "E-TERM-DUP")]
    TermDup,
    /// The authentication codes are not those of the terminal.
    #[serde(rename = "E-CODE-WRONG")]
    CodeWrong,
    /// Wrong codes were tried too often.
    #[serde(rename = "E-CODE-BLOCKED")]
    CodeBlocked,
    /// The time for acquiring the certificate is over.
    #[serde(rename = "E-CODE-OVER")]
    CodeOver,
    /// The terminal has newer codes.
    #[serde(rename = "E-CODE-REPLACED")]
    CodeReplaced,
    /// A certificate was made for another key already.
    #[serde(rename = "E-CODE-SPENT")]
    CodeSpent,
    /// What came as a request cannot be certified.
    #[serde(rename = "E-CSR")]
    Csr,
    /// The certificate cannot be renewed yet.
    #[serde(rename = "E-RENEW-EARLY")]
    RenewEarly,
    /// The certificate that is to be reissued has not expired.
    #[serde(rename = "W-STILLVALID")]
    WarnStillValid,
    /// The PKCS#11 module of this terminal cannot be used.
    #[serde(rename = "E-KEY-MODULE")]
    KeyModule,
    /// The token or the file with the key is not there.
    #[serde(rename = "E-KEY-GONE")]
    KeyGone,
    /// No key can be made, or no certificate written, in the chosen place.
    #[serde(rename = "E-KEY-PLACE")]
    KeyPlace,
    /// The chosen place holds a key or a certificate of something else.
    #[serde(rename = "E-KEY-TAKEN")]
    KeyTaken,
    /// The certificate is for another key.
    #[serde(rename = "E-KEY-DIFFERS")]
    KeyDiffers,
    /// It is not the password of the file with the key.
    #[serde(rename = "E-KEY-PASSWORD")]
    KeyPassword,
    /// The token is locked.
    #[serde(rename = "E-PIN-LOCKED")]
    PinLocked,
    /// The server of the test was not reached.
    #[serde(rename = "E-TEST-CONNECT")]
    TestConnect,
    /// This computer does not trust the server of the test.
    #[serde(rename = "E-TEST-TRUST")]
    TestTrust,
    /// The clock of this computer is wrong.
    #[serde(rename = "E-TEST-CLOCK")]
    TestClock,
    /// The certificate that was to be tested has expired.
    #[serde(rename = "E-TEST-EXPIRED")]
    TestExpired,
    /// The server of the test refused the certificate.
    #[serde(rename = "E-TEST-REFUSED")]
    TestRefused,
    /// The server of the test asked for no certificate, or failed.
    #[serde(rename = "E-TEST-SERVER")]
    TestServer,
    /// The key did not sign during the test.
    #[serde(rename = "E-TEST-KEY")]
    TestKey,
    /// The four-digit PIN of a citizen's card is locked (R402).
    #[serde(rename = "E-PIN-LOCKED-JPKI4")]
    PinLockedJpki4,
    /// The number printed on the card (照合番号B) is not this card's.
    #[serde(rename = "E-NUMBER-WRONG")]
    NumberWrong,
    /// The number printed on the card was wrong too often.
    #[serde(rename = "E-NUMBER-LOCKED")]
    NumberLocked,
    /// The number printed on the card cannot have this form; no try was spent.
    #[serde(rename = "E-NUMBER-FORMAT")]
    NumberFormat,
    /// The signature password has too few characters.
    #[serde(rename = "E-PW-SHORT")]
    PwShort,
    /// The signature password has too many characters.
    #[serde(rename = "E-PW-LONG")]
    PwLong,
    /// The signature password has no letter.
    #[serde(rename = "E-PW-ALPHA")]
    PwAlpha,
    /// The signature password has no digit.
    #[serde(rename = "E-PW-DIGIT")]
    PwDigit,
    /// The signature password has a character that such a card does not know.
    #[serde(rename = "E-PW-CHAR")]
    PwChar,
    /// The signature password has a full-width character.
    #[serde(rename = "E-PW-WIDTH")]
    PwWidth,
    /// The signature password and its repetition differ.
    #[serde(rename = "E-PW-DIFF")]
    PwDiff,
    /// The card is still in the kiosk.
    #[serde(rename = "W-CARD-LEFT")]
    CardLeft,
    /// Kiosks do not work at this hour (R410).
    #[serde(rename = "E-KIOSK-CLOSED")]
    KioskClosed,
    /// No camera can be used.
    #[serde(rename = "E-CAMERA")]
    Camera,
    /// Nothing is reserved at this moment (R409).
    #[serde(rename = "E-CLOSED")]
    Closed,
    /// There is no reservation for this card.
    #[serde(rename = "E-RSV-NONE")]
    RsvNone,
    /// The reservation's time is over (R411).
    #[serde(rename = "E-RSV-EXPIRED")]
    RsvExpired,
    /// The reservation was used.
    #[serde(rename = "E-RSV-USED")]
    RsvUsed,
    /// The reservation is another card's.
    #[serde(rename = "E-RSV-OTHER")]
    RsvOther,
    /// Another kiosk is setting the password of this card at this moment.
    #[serde(rename = "E-RSV-BUSY")]
    RsvBusy,
    /// The card answered as no card of ours does: a matter for the counter.
    #[serde(rename = "E-RSV-HALTED")]
    RsvHalted,
    /// The face is not like the one on the card.
    #[serde(rename = "E-FACE-FAIL")]
    FaceFail,
    /// No face, or more than one, is in the picture.
    #[serde(rename = "E-FACE-NONE")]
    FaceNone,
    /// Too many faces were unlike: there is a pause.
    #[serde(rename = "E-FACE-WAIT")]
    FaceWait,
    /// Faces cannot be compared at this moment.
    #[serde(rename = "E-FACE-DOWN")]
    FaceDown,
    /// The picture cannot be read.
    #[serde(rename = "E-PICTURE")]
    Picture,
    /// The picture on the card is not signed by the card's issuer, or is another card's.
    #[serde(rename = "E-VISUAL")]
    Visual,
    /// The kiosk is not enrolled, or not any more.
    #[serde(rename = "E-KIOSK")]
    Kiosk,
    /// The server could not finish; nothing was accepted.
    #[serde(rename = "E-FAULT")]
    Fault,
}
