//! 失効申込, procedure 000 (DOMAIN §3).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::application::{Application, Ground};
use crate::evidence::{Informed, Possession, Presented};
use crate::identity::{CertificateId, Digest, Fingerprint};
use crate::number::Number;
use crate::refund::{self, Purchase, Refund};
use crate::time::{Day, Instant};
use crate::{Answer, Refusal};

/// What this procedure decides.
pub type Decision = crate::Decision<Case, Event, Write, Errand>;

/// Decides one command. Pure and total: time is `now`, and everything else it needs stands in its arguments.
pub fn decide(
    case: &Case,
    command: &Command,
    facts: &Facts,
    policy: &Policy,
    now: Instant,
) -> Result<Decision, Refusal> {
    use Case::{Abandoned, Awaiting, Entering, New, Reviewing, Revoked};
    use Command::{Abandon, Ask, Confirm, Edit, Enter, Open};
    match (case, command) {
        (
            New,
            Open {
                informed,
                presented,
                subject,
            },
        ) => {
            if presented.card() != subject.card {
                return Err(Refusal::AnotherCard);
            }
            if informed.flow() != facts.flow || informed.terms() != facts.terms {
                return Err(Refusal::NotInformed);
            }
            facts.revocable(policy, now)?;
            let next = Entering {
                opened: Opened {
                    subject: subject.clone(),
                    informed: *informed,
                },
                draft: None,
            };
            Ok(quiet(
                next,
                Event::Opened {
                    card: subject.card,
                    flow: informed.flow(),
                    terms: informed.terms(),
                },
            ))
        }
        (Entering { opened, .. } | Reviewing { opened, .. }, Enter(application)) => {
            facts.revocable(policy, now)?;
            let refund = refund::preview(facts.purchase.as_ref(), facts.validity, &policy.refund, now);
            let next = Reviewing {
                opened: opened.clone(),
                application: application.clone(),
                refund,
            };
            Ok(quiet(
                next,
                Event::Entered {
                    ground: application.ground,
                },
            ))
        }
        (
            Reviewing {
                opened, application, ..
            }
            | Awaiting {
                opened, application, ..
            },
            Edit,
        ) => {
            let next = Entering {
                opened: opened.clone(),
                draft: Some(application.clone()),
            };
            Ok(quiet(next, Event::Edited))
        }
        (
            Reviewing {
                opened,
                application,
                refund,
            },
            Ask { text },
        ) => {
            facts.revocable(policy, now)?;
            let next = Awaiting {
                opened: opened.clone(),
                application: application.clone(),
                refund: *refund,
                text: *text,
                until: now.plus_seconds(policy.signature_within),
            };
            Ok(quiet(next, Event::Asked { text: *text }))
        }
        (
            Awaiting {
                opened,
                application,
                refund,
                text,
                until,
            },
            Confirm { signed, number },
        ) => {
            if signed.card() != opened.subject.card {
                return Err(Refusal::AnotherCard);
            }
            if signed.text() != *text {
                return Err(Refusal::AnotherText);
            }
            if now > *until {
                return Err(Refusal::Lapsed);
            }
            facts.revocable(policy, now)?; // again, at the irreversible step (G-T2)
            let Subject {
                certificate,
                authentication,
                ..
            } = &opened.subject;
            let mut gone = vec![certificate.clone()];
            if facts.authentication_revoked.is_none() {
                gone.push(authentication.clone());
            }
            let revoke = |certificate: &CertificateId| Write::Revoke {
                certificate: certificate.clone(),
                ground: application.ground,
                at: now,
                event_day: application.event_day,
            };
            let writes = gone
                .iter()
                .map(revoke)
                .chain([Write::Number { number: *number }])
                .collect();
            let lists = gone.into_iter().map(|certificate| Errand::PublishCrl { certificate });
            let letters = [Letter::Accepted, Letter::Revoked, Letter::Refund].map(Errand::Mail);
            Ok(Decision {
                next: Revoked {
                    opened: opened.clone(),
                    application: application.clone(),
                    refund: *refund,
                    text: *text,
                    number: *number,
                    at: now,
                },
                event: Event::Revoked {
                    card: opened.subject.card,
                    ground: application.ground,
                    text: *text,
                    number: *number,
                },
                writes,
                errands: lists.chain(letters).collect(),
                answer: Answer::Done,
            })
        }
        (Entering { opened, .. } | Reviewing { opened, .. } | Awaiting { opened, .. }, Abandon) => Ok(quiet(
            Abandoned { at: now },
            Event::Abandoned {
                card: opened.subject.card,
            },
        )),
        (New, Enter(_) | Edit | Ask { .. } | Confirm { .. } | Abandon)
        | (Entering { .. }, Open { .. } | Edit | Ask { .. } | Confirm { .. })
        | (Reviewing { .. }, Open { .. } | Confirm { .. })
        | (Awaiting { .. }, Open { .. } | Enter(_) | Ask { .. })
        | (Revoked { .. } | Abandoned { .. }, Open { .. } | Enter(_) | Edit | Ask { .. } | Confirm { .. } | Abandon) => {
            Err(Refusal::Stale)
        }
    }
}

/// A case begins when a card has been shown; the gates before it lived in the session (DESIGN, part 3.12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Case {
    /// Nothing is stored yet.
    New,
    /// S3 and S4: the holder reads the card's content and fills in the form.
    Entering {
        /// What was proved at the beginning.
        opened: Opened,
        /// What was entered before 「修正する」.
        draft: Option<Box<Application>>,
    },
    /// S5: everything is shown once more.
    Reviewing {
        /// What was proved at the beginning.
        opened: Opened,
        /// What was entered.
        application: Box<Application>,
        /// 返金額の目安, as shown.
        refund: Refund,
    },
    /// The page with exactly this text is out for signature; no other tab can edit it now.
    Awaiting {
        /// What was proved at the beginning.
        opened: Opened,
        /// What was entered.
        application: Box<Application>,
        /// 返金額の目安, as shown.
        refund: Refund,
        /// The text to be signed.
        text: Digest,
        /// After this the signature comes too late.
        until: Instant,
    },
    /// 受付済 and 失効完了 at once, since the authority is our own. Neither correction nor withdrawal from here on.
    Revoked {
        /// What was proved at the beginning.
        opened: Opened,
        /// What was entered.
        application: Box<Application>,
        /// 返金額の目安, as shown.
        refund: Refund,
        /// The text that was signed.
        text: Digest,
        /// 受付番号
        number: Number,
        /// 受付日時 and 失効日時.
        at: Instant,
    },
    /// 取止め, or nobody came back.
    Abandoned {
        /// When.
        at: Instant,
    },
}

/// What was proved when the case began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What is to be revoked.
    pub subject: Subject,
    /// Which texts were read before.
    pub informed: Informed,
}

/// The card to be revoked: both of its certificates go, since the PIN and the chip that protect them are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Issuer and serial number of the signature certificate, which stands for the card on every page.
    pub certificate: CertificateId,
    /// The authentication certificate of the same card.
    pub authentication: CertificateId,
    /// The signature certificate's fingerprint.
    pub card: Fingerprint,
}

/// What the holder does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The card was shown after the first gate (S3).
    Open {
        /// The two texts.
        informed: Informed,
        /// The card.
        presented: Presented,
        /// Its signature certificate.
        subject: Subject,
    },
    /// 「失効申込内容確認へ」 with a checked form (S4 → S5).
    Enter(Box<Application>),
    /// 「修正する」 (S5 → S4).
    Edit,
    /// 「失効申込をする(確定)」 with the box ticked: the text goes out for signature.
    Ask {
        /// Of the text to be signed.
        text: Digest,
    },
    /// The card has signed.
    Confirm {
        /// The signature.
        signed: Possession,
        /// The receipt number to give, drawn by the caller.
        number: Number,
    },
    /// 「終了」 before 確定.
    Abandon,
}

/// What the audit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A card was shown after both texts.
    Opened {
        /// Which card.
        card: Fingerprint,
        /// Version of the 手続きの流れ.
        flow: Digest,
        /// Version of the 利用規約.
        terms: Digest,
    },
    /// The form was complete.
    Entered {
        /// With this reason.
        ground: Ground,
    },
    /// The holder went back.
    Edited,
    /// The text went out for signature.
    Asked {
        /// Which text.
        text: Digest,
    },
    /// The application was accepted and the certificate revoked.
    Revoked {
        /// Of this card.
        card: Fingerprint,
        /// For this reason.
        ground: Ground,
        /// By this text.
        text: Digest,
        /// Under this number.
        number: Number,
    },
    /// The holder gave up before 確定.
    Abandoned {
        /// Of this card.
        card: Fingerprint,
    },
}

/// Must be true the moment the decision is: OCSP answers from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The revoked row. Unique per certificate: a second one fails the transaction, and the caller decides again.
    Revoke {
        /// Which certificate.
        certificate: CertificateId,
        /// Why.
        ground: Ground,
        /// The moment of acceptance (DOMAIN §2.3).
        at: Instant,
        /// 事由発生日, for invalidityDate.
        event_day: Option<Day>,
    },
    /// The receipt number, unique over all procedures. A taken one fails the transaction.
    Number {
        /// To be taken.
        number: Number,
    },
}

/// May be a little late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// The shard that holds this certificate.
    PublishCrl {
        /// Which certificate.
        certificate: CertificateId,
    },
    /// To the applicant, at most once for each case and letter.
    Mail(Letter),
}

/// The letters of this procedure (DOMAIN §3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Letter {
    /// 失効申込受付のお知らせ
    Accepted,
    /// 電子証明書失効完了のお知らせ
    Revoked,
    /// 返金のお知らせ／返金なしのお知らせ
    Refund,
}

/// What the store knows at the moment of the decision. `revoked` is guarded by the unique row of [`Write::Revoke`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Version of the 手続きの流れ that is shown now.
    pub flow: Digest,
    /// Version of the 利用規約 that is shown now.
    pub terms: Digest,
    /// The certificate's validity, first and last instant; `None` where it was never issued here.
    pub validity: Option<(Instant, Instant)>,
    /// Since when it is revoked, and by which application, if any.
    pub revoked: Option<(Instant, Option<Number>)>,
    /// Since when the authentication certificate is revoked, if it is.
    pub authentication_revoked: Option<Instant>,
    /// What was paid for it.
    pub purchase: Option<Purchase>,
}

/// What an office may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// R002: the last day lies so many days before the expiry day, that day included (DOMAIN §3.2, reading A).
    pub last_day_before_expiry: i32,
    /// Seconds within which the text must come back signed.
    pub signature_within: i64,
    /// The refund's terms.
    pub refund: refund::Terms,
}

impl Policy {
    /// The last day of online application for a certificate that expires at `not_after` (G-T5 shows it from S1 on).
    pub const fn last_day(&self, not_after: Instant) -> Day {
        not_after.day().plus(-self.last_day_before_expiry)
    }
}

impl Facts {
    /// R007, then R002. A revocation is told before an expiry, for it says more.
    fn revocable(&self, policy: &Policy, now: Instant) -> Result<(), Refusal> {
        let (not_before, not_after) = self.validity.ok_or(Refusal::NeverIssued)?;
        if let Some((at, number)) = self.revoked {
            return Err(
                number.map_or(Refusal::AlreadyRevoked { at }, |number| Refusal::AlreadyApplied {
                    number,
                }),
            );
        }
        if now < not_before {
            return Err(Refusal::NotYetValid { from: not_before });
        }
        if now > not_after {
            return Err(Refusal::Expired { at: not_after });
        }
        let last = policy.last_day(not_after);
        if now.day() > last {
            Err(Refusal::Late { last })
        } else {
            Ok(())
        }
    }
}

fn quiet(next: Case, event: Event) -> Decision {
    Decision {
        next,
        event,
        writes: Vec::new(),
        errands: Vec::new(),
        answer: Answer::Done,
    }
}
