//! The ways in which the rules say no. A refusal knows no HTTP status and no language.

use crate::acquisition::Flaw;
use crate::card::Standing;
use crate::certificate::KeyUse;
use crate::number::Number;
use crate::officer::Role;
use crate::terminal::Terminal;
use crate::time::{Day, Instant};

/// A "no" that belongs to the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// E-GATE-1: the two texts shown now are not the versions that were opened.
    NotInformed,
    /// E-CARD-CHANGED: the evidence is of another card than the case.
    AnotherCard,
    /// E-SIGNATURE: the evidence is of another text than the one shown.
    AnotherText,
    /// E-CERT-UNKNOWN: no such certificate was issued here.
    NeverIssued,
    /// E-CERT-NOTYET
    NotYetValid {
        /// When validity begins.
        from: Instant,
    },
    /// E-CERT-EXPIRED (R007)
    Expired {
        /// The last instant of validity.
        at: Instant,
    },
    /// E-CERT-REVOKED (R007)
    AlreadyRevoked {
        /// Since when.
        at: Instant,
    },
    /// The validity asked for is empty, or longer than the authority may give.
    ValidityOutside {
        /// The last instant that could be given.
        until: Instant,
    },
    /// The key speaks for a certificate already.
    UsedKey {
        /// In which way.
        key: KeyUse,
    },
    /// E-DUP: an application for this certificate was accepted.
    AlreadyApplied {
        /// Its receipt number.
        number: Number,
    },
    /// E-REV-LATE (R002)
    Late {
        /// The last day on which it was possible.
        last: Day,
    },
    /// E-STALE: what was sent belongs to an earlier page.
    Stale,
    /// E-STALE: the time for the signature has passed.
    Lapsed,
    /// E-INVITE-LAPSED
    InvitationLapsed,
    /// E-OFFICER: nobody who acts here at this moment; blocked, or not logged in.
    NotAnOfficer,
    /// E-ROLE
    NoRole {
        /// What the account would need.
        role: Role,
    },
    /// E-OWN: the officer, or the officer's company, is what the application is about (A22).
    OwnApplication,
    /// E-OWN-ACCOUNT: nobody changes the own account.
    OwnAccount,
    /// E-SAME-PERSON: the same person has approved it before, under whichever account (A22).
    SamePerson,
    /// E-TAKEN: another officer has it.
    Claimed {
        /// Until then, unless it is put back before.
        until: Instant,
    },
    /// E-NOT-TAKEN: the officer does not have it, or had it for too long.
    NotClaimed,
    /// E-UNPROVEN: the first approval on record is not signed by the card that it names (A25).
    Unproven,
    /// E-INVITE-CODE: not the code of this invitation.
    WrongCode,
    /// E-CARD-TAKEN: the card belongs to another account.
    CardTaken,
    /// E-HOLDER: the card belongs to somebody else than the one who was invited.
    AnotherHolder,
    /// E-LAST-ADMIN: nobody else could let anybody in.
    LastAdministrator,
    /// E-CARD-SAME (R110): the current card and the new one are the same.
    SameCard,
    /// E-CARD-SWAPPED (R111): the new card where the current one was asked for.
    CardsSwapped,
    /// E-CARD-REGISTERED (R112): the office knows the card, whosever it is.
    CardRegistered,
    /// E-CARD-NOTREG: nobody is registered with this card here.
    CardNotRegistered,
    /// E-CARD-RENEWED: 更新済(使用不可); another card has taken its place (R104).
    CardRenewed {
        /// Since when.
        since: Instant,
    },
    /// E-CERT-ISSUER (R113): the office does not accept the issuer.
    Unaccepted,
    /// E-CERT-CHAIN: the card's certificates do not verify.
    Broken,
    /// E-CERT-UNKNOWN: the card's status could not be found out. Nothing is kept of it (I7).
    Undetermined,
    /// E-REVIEW-CERT: what was applied for cannot be approved, for the new card is not accepted any more (DOMAIN §5.4).
    UnfitCard {
        /// What it is instead.
        standing: Standing,
    },
    /// E-PROVE: the company has not yet shown that it is the one in the register.
    CompanyUnproven,
    /// E-QUALIFICATION: today lies outside the company's 資格の登録有効期間, or the register has it no more.
    Unqualified,
    /// E-REASON: a denial or a return says why.
    NoReason,
    /// E-LOGIN: not an ID and a password that belong together here.
    WrongLogin,
    /// E-LOGIN: too many wrong passwords; none is looked at before then. People are told the same as of a wrong one, or
    /// the answer would tell which IDs there are.
    LockedOut {
        /// Until then; nobody logs in by password any more where there is none.
        until: Option<Instant>,
    },
    /// E-CONTRACT: the organisation's contract has ended.
    ContractEnded,
    /// E-LINK: the link of a mail that was used before, has lapsed or was never sent.
    LinkSpent,
    /// E-LINK-SOON: a link was sent just now.
    LinkSent {
        /// The next one is sent from then on.
        until: Instant,
    },
    /// E-LOGIN-TAKEN: another account has the ID.
    LoginTaken,
    /// E-CONTRACT-TAKEN: another organisation has the number.
    ContractTaken,
    /// E-NOT-FOUND: there is nothing here for whoever asks (A17).
    NotYours,
    /// E-REVIEWING: an officer has it, and nobody else changes it meanwhile (DOMAIN §6.6).
    UnderReview,
    /// E-DATE-GONE: 再発行希望日 was checked for another day than today, and must be chosen anew (R305).
    DayGone,
    /// E-TERM-NONE
    NoTerminal,
    /// E-TERM-UNKNOWN: the customer has no such terminal.
    NoSuchTerminal {
        /// Which.
        terminal: Terminal,
    },
    /// E-TERM-DUP: 再発行申込中
    TerminalTaken {
        /// Which.
        terminal: Terminal,
        /// Of the open application.
        number: Number,
    },
    /// E-CODE-WRONG: not the authentication codes of this terminal. It was counted (DESIGN, part 3.8).
    WrongCodes,
    /// E-CODE-BLOCKED: wrong codes were tried too often.
    CodesBlocked {
        /// Until then, whatever is tried.
        until: Instant,
    },
    /// E-CODE-OVER: the time for acquiring the certificate is over (R308).
    GrantOver {
        /// The last instant.
        at: Instant,
    },
    /// E-CODE-REPLACED: the terminal has newer codes.
    GrantReplaced,
    /// E-CODE-SPENT: the codes, or the current certificate, have made a certificate for another key already.
    AnotherKey,
    /// E-CSR: what came as a request for a certificate cannot be certified.
    WrongRequest {
        /// Why.
        flaw: Flaw,
    },
    /// E-RENEW-EARLY (R303)
    TooEarly {
        /// The first day on which it is possible.
        from: Day,
    },
    /// E-MANY
    TooMany {
        /// The most there may be.
        most: usize,
    },
    /// E-CARD-TYPE: no citizen's card of this office.
    UnknownCard,
    /// E-CLOSED: nothing is reserved during maintenance (R409).
    Maintenance {
        /// Until then, not included.
        until: Instant,
    },
    /// E-KIOSK-CLOSED (R410)
    KioskClosed {
        /// The first second of the day on which kiosks work.
        opens: u32,
        /// The first one on which they do not work any more.
        closes: u32,
    },
    /// E-RSV-NONE: the card has no reservation that counts.
    NoReservation,
    /// E-RSV-EXPIRED (R411)
    ReservationExpired {
        /// The last instant.
        at: Instant,
    },
    /// E-RSV-USED
    ReservationUsed,
    /// E-RSV-OTHER: the reservation is another card's.
    AnotherReservedCard,
    /// E-RSV-BUSY: a kiosk has begun to set the password of this card.
    AtAnotherKiosk,
    /// E-RSV-HALTED: the card answered as no card of ours does. It was recorded (DESIGN, part 3.8).
    Halted,
    /// E-FACE-FAIL: the face is not like the one on the card. It was counted (DESIGN, part 3.8).
    FaceUnlike {
        /// So many more are compared before a pause.
        left: u8,
    },
    /// E-FACE-WAIT
    FacePaused {
        /// From then on a face is compared again.
        until: Instant,
    },
}
