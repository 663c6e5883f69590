//! A reservation as its row's document. No picture, no PIN and no key of a card stands in it.

use casework::evidence::Comparison;
use casework::identity::{CardNumber, Digest, Fingerprint, KioskId, OfficerId};
use casework::pin_reset::{
    Announcement, Card, Case, Document as Shown, Doubt, Identification, Proof, Reservation, Tries, Visit,
};
use casework::time::Instant;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::store::case::{self, Hex, corrupt, new_is_not_stored};
use crate::store::receipt::read_number;

/// State and document of a case, for its row.
pub(crate) fn to_document(case: &Case) -> Result<case::Document, Fault> {
    let document = match case {
        Case::New => return Err(new_is_not_stored()),
        Case::Asked { card, text, until } => Document::Asked {
            card: CardRow::of(*card),
            text: Hex::of(&text.0),
            until: until.0,
        },
        Case::Proved {
            card,
            tries,
            shot,
            spent,
            until,
        } => Document::Proved {
            card: CardRow::of(*card),
            unlike: tries.unlike,
            paused_until: tries.paused_until.map(|until| until.0),
            shot: Hex::of(&shot.0),
            spent: spent.map(|spent| Hex::of(&spent.0)),
            until: until.0,
        },
        Case::Identifying {
            card,
            identification,
            text,
            until,
        } => Document::Identifying {
            card: CardRow::of(*card),
            identification: IdentificationRow::of(*identification),
            text: Hex::of(&text.0),
            until: until.0,
        },
        Case::Reserved { reservation, visit } => Document::Reserved {
            reservation: ReservationRow::of(reservation),
            visit: visit.map(VisitRow::of),
        },
        Case::Announced {
            reservation,
            announcements,
            visit,
        } => Document::Announced {
            reservation: ReservationRow::of(reservation),
            announcements: announcements.iter().map(AnnouncementRow::of).collect(),
            visit: visit.map(VisitRow::of),
        },
        Case::Used {
            reservation,
            by,
            told_by,
            at,
        } => Document::Used {
            reservation: ReservationRow::of(reservation),
            by: AnnouncementRow::of(by),
            told_by: Hex::of(&told_by.0),
            at: at.0,
        },
        Case::Cancelled { reservation, at } => Document::Cancelled {
            reservation: ReservationRow::of(reservation),
            at: at.0,
        },
        Case::Replaced {
            card,
            reservation,
            announcements,
            at,
        } => Document::Replaced {
            card: CardRow::of(*card),
            reservation: reservation.as_deref().map(ReservationRow::of),
            announcements: announcements.iter().map(AnnouncementRow::of).collect(),
            at: at.0,
        },
        Case::Halted {
            reservation,
            announcements,
            why,
            at,
        } => Document::Halted {
            reservation: ReservationRow::of(reservation),
            announcements: announcements.iter().map(AnnouncementRow::of).collect(),
            why: why.key().to_owned(),
            at: at.0,
        },
    };
    case::Document::of(state(case), &document)
}

/// The case that a document tells of.
pub(crate) fn from_document(document: &str) -> Result<Case, Fault> {
    Ok(match case::parse(document)? {
        Document::Asked { card, text, until } => Case::Asked {
            card: card.read()?,
            text: Digest(text.octets()?),
            until: Instant(until),
        },
        Document::Proved {
            card,
            unlike,
            paused_until,
            shot,
            spent,
            until,
        } => Case::Proved {
            card: card.read()?,
            tries: Tries {
                unlike,
                paused_until: paused_until.map(Instant),
            },
            shot: Digest(shot.octets()?),
            spent: spent.map(|spent| spent.octets().map(Digest)).transpose()?,
            until: Instant(until),
        },
        Document::Identifying {
            card,
            identification,
            text,
            until,
        } => Case::Identifying {
            card: card.read()?,
            identification: identification.read()?,
            text: Digest(text.octets()?),
            until: Instant(until),
        },
        Document::Reserved { reservation, visit } => Case::Reserved {
            reservation: reservation.boxed()?,
            visit: visit.map(VisitRow::read).transpose()?,
        },
        Document::Announced {
            reservation,
            announcements,
            visit,
        } => Case::Announced {
            reservation: reservation.boxed()?,
            announcements: read_all(announcements)?,
            visit: visit.map(VisitRow::read).transpose()?,
        },
        Document::Used {
            reservation,
            by,
            told_by,
            at,
        } => Case::Used {
            reservation: reservation.boxed()?,
            by: by.read()?,
            told_by: KioskId(told_by.octets()?),
            at: Instant(at),
        },
        Document::Cancelled { reservation, at } => Case::Cancelled {
            reservation: reservation.boxed()?,
            at: Instant(at),
        },
        Document::Replaced {
            card,
            reservation,
            announcements,
            at,
        } => Case::Replaced {
            card: card.read()?,
            reservation: reservation.map(ReservationRow::boxed).transpose()?,
            announcements: read_all(announcements)?,
            at: Instant(at),
        },
        Document::Halted {
            reservation,
            announcements,
            why,
            at,
        } => Case::Halted {
            reservation: reservation.boxed()?,
            announcements: read_all(announcements)?,
            why: Doubt::from_key(&why).ok_or_else(|| corrupt("a doubt", why))?,
            at: Instant(at),
        },
    })
}

/// The word for a state, in rows and in the audit.
pub(crate) const fn state(case: &Case) -> &'static str {
    match case {
        Case::New => "new",
        Case::Asked { .. } => "asked",
        Case::Proved { .. } => "proved",
        Case::Identifying { .. } => "identifying",
        Case::Reserved { .. } => "reserved",
        Case::Announced { .. } => "announced",
        Case::Used { .. } => "used",
        Case::Cancelled { .. } => "cancelled",
        Case::Replaced { .. } => "replaced",
        Case::Halted { .. } => "halted",
    }
}

pub(super) fn read_card_number(text: &str) -> Result<CardNumber, Fault> {
    CardNumber::parse(text).ok_or_else(|| corrupt("a card's number", text))
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Document {
    Asked {
        card: CardRow,
        text: Hex,
        until: i64,
    },
    Proved {
        card: CardRow,
        unlike: u8,
        paused_until: Option<i64>,
        shot: Hex,
        spent: Option<Hex>,
        until: i64,
    },
    Identifying {
        card: CardRow,
        identification: IdentificationRow,
        text: Hex,
        until: i64,
    },
    Reserved {
        reservation: ReservationRow,
        visit: Option<VisitRow>,
    },
    Announced {
        reservation: ReservationRow,
        announcements: Vec<AnnouncementRow>,
        visit: Option<VisitRow>,
    },
    Used {
        reservation: ReservationRow,
        by: AnnouncementRow,
        told_by: Hex,
        at: i64,
    },
    Cancelled {
        reservation: ReservationRow,
        at: i64,
    },
    Replaced {
        card: CardRow,
        reservation: Option<ReservationRow>,
        announcements: Vec<AnnouncementRow>,
        at: i64,
    },
    Halted {
        reservation: ReservationRow,
        announcements: Vec<AnnouncementRow>,
        why: String,
        at: i64,
    },
}

#[derive(Serialize, Deserialize)]
struct CardRow {
    number: String,
    authentication: Hex,
}

#[derive(Serialize, Deserialize)]
struct IdentificationRow {
    officer: Hex,
    document: String,
}

#[derive(Serialize, Deserialize)]
struct ReservationRow {
    number: String,
    card: CardRow,
    since: i64,
    until: i64,
    proof: ProofRow,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
enum ProofRow {
    Face {
        shot: Hex,
        score: u16,
        threshold: u16,
        provider: String,
        version: String,
    },
    Counter {
        identification: IdentificationRow,
        text: Hex,
    },
}

#[derive(Serialize, Deserialize)]
struct VisitRow {
    kiosk: Hex,
    text: Hex,
    until: i64,
}

#[derive(Serialize, Deserialize)]
struct AnnouncementRow {
    kiosk: Hex,
    key_version: u8,
    counter: u32,
    challenge: Hex,
    host_random: Hex,
    at: i64,
}

fn read_all(rows: Vec<AnnouncementRow>) -> Result<Vec<Announcement>, Fault> {
    rows.into_iter().map(AnnouncementRow::read).collect()
}

impl CardRow {
    fn of(card: Card) -> Self {
        Self {
            number: card.number.to_string(),
            authentication: Hex::of(&card.authentication.0),
        }
    }

    fn read(self) -> Result<Card, Fault> {
        Ok(Card {
            number: read_card_number(&self.number)?,
            authentication: Fingerprint(self.authentication.octets()?),
        })
    }
}

impl IdentificationRow {
    fn of(identification: Identification) -> Self {
        Self {
            officer: Hex::of(&identification.officer.0),
            document: identification.document.key().to_owned(),
        }
    }

    fn read(self) -> Result<Identification, Fault> {
        Ok(Identification {
            officer: OfficerId(self.officer.octets()?),
            document: Shown::from_key(&self.document).ok_or_else(|| corrupt("a document", self.document))?,
        })
    }
}

impl ReservationRow {
    fn of(reservation: &Reservation) -> Self {
        Self {
            number: reservation.number.to_string(),
            card: CardRow::of(reservation.card),
            since: reservation.since.0,
            until: reservation.until.0,
            proof: match &reservation.proof {
                Proof::Face { shot, comparison } => ProofRow::Face {
                    shot: Hex::of(&shot.0),
                    score: comparison.score,
                    threshold: comparison.threshold,
                    provider: comparison.provider.clone(),
                    version: comparison.version.clone(),
                },
                Proof::Counter { identification, text } => ProofRow::Counter {
                    identification: IdentificationRow::of(*identification),
                    text: Hex::of(&text.0),
                },
            },
        }
    }

    fn boxed(self) -> Result<Box<Reservation>, Fault> {
        Ok(Box::new(Reservation {
            number: read_number(&self.number)?,
            card: self.card.read()?,
            since: Instant(self.since),
            until: Instant(self.until),
            proof: match self.proof {
                ProofRow::Face {
                    shot,
                    score,
                    threshold,
                    provider,
                    version,
                } => Proof::Face {
                    shot: Digest(shot.octets()?),
                    comparison: Comparison {
                        score,
                        threshold,
                        provider,
                        version,
                    },
                },
                ProofRow::Counter { identification, text } => Proof::Counter {
                    identification: identification.read()?,
                    text: Digest(text.octets()?),
                },
            },
        }))
    }
}

impl VisitRow {
    fn of(visit: Visit) -> Self {
        Self {
            kiosk: Hex::of(&visit.kiosk.0),
            text: Hex::of(&visit.text.0),
            until: visit.until.0,
        }
    }

    fn read(self) -> Result<Visit, Fault> {
        Ok(Visit {
            kiosk: KioskId(self.kiosk.octets()?),
            text: Digest(self.text.octets()?),
            until: Instant(self.until),
        })
    }
}

impl AnnouncementRow {
    fn of(announcement: &Announcement) -> Self {
        Self {
            kiosk: Hex::of(&announcement.kiosk.0),
            key_version: announcement.key_version,
            counter: announcement.counter,
            challenge: Hex::of(&announcement.challenge),
            host_random: Hex::of(&announcement.host_random),
            at: announcement.at.0,
        }
    }

    fn read(self) -> Result<Announcement, Fault> {
        Ok(Announcement {
            kiosk: KioskId(self.kiosk.octets()?),
            key_version: self.key_version,
            counter: self.counter,
            challenge: self.challenge.octets()?,
            host_random: self.host_random.octets()?,
            at: Instant(self.at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use casework::number::Number;

    fn each() -> Vec<Case> {
        let card = Card {
            number: CardNumber::parse("1234567890123452").unwrap(),
            authentication: Fingerprint([1; 32]),
        };
        let identification = Identification {
            officer: OfficerId([2; 16]),
            document: Shown::Passport,
        };
        let face = Proof::Face {
            shot: Digest([3; 32]),
            comparison: Comparison {
                score: 700,
                threshold: 600,
                provider: "lbph".to_owned(),
                version: "1".to_owned(),
            },
        };
        let counter = Proof::Counter {
            identification,
            text: Digest([4; 32]),
        };
        let reserved = |proof| {
            Box::new(Reservation {
                number: Number::from_random([5; 8]),
                card,
                since: Instant(10),
                until: Instant(86_410),
                proof,
            })
        };
        let announcement = Announcement {
            kiosk: KioskId([6; 32]),
            key_version: 1,
            counter: 7,
            challenge: [8; 16],
            host_random: [9; 16],
            at: Instant(20),
        };
        let visit = Some(Visit {
            kiosk: KioskId([6; 32]),
            text: Digest([10; 32]),
            until: Instant(620),
        });
        let announcements = vec![announcement];
        vec![
            Case::Asked {
                card,
                text: Digest([11; 32]),
                until: Instant(1_800),
            },
            Case::Proved {
                card,
                tries: Tries {
                    unlike: 5,
                    paused_until: Some(Instant(1_900)),
                },
                shot: Digest([12; 32]),
                spent: Some(Digest([13; 32])),
                until: Instant(1_800),
            },
            Case::Identifying {
                card,
                identification,
                text: Digest([14; 32]),
                until: Instant(1_800),
            },
            Case::Reserved {
                reservation: reserved(face.clone()),
                visit,
            },
            Case::Announced {
                reservation: reserved(counter),
                announcements: announcements.clone(),
                visit,
            },
            Case::Used {
                reservation: reserved(face.clone()),
                by: announcement,
                told_by: KioskId([15; 32]),
                at: Instant(30),
            },
            Case::Cancelled {
                reservation: reserved(face.clone()),
                at: Instant(30),
            },
            Case::Replaced {
                card,
                reservation: Some(reserved(face.clone())),
                announcements: announcements.clone(),
                at: Instant(30),
            },
            Case::Replaced {
                card,
                reservation: None,
                announcements: Vec::new(),
                at: Instant(30),
            },
            Case::Halted {
                reservation: reserved(face),
                announcements,
                why: Doubt::Receipt,
                at: Instant(30),
            },
        ]
    }

    #[test]
    fn every_state_is_read_as_it_was_written() {
        for case in each() {
            let document = to_document(&case).unwrap();
            assert_eq!(document.state, state(&case));
            assert_eq!(from_document(&document.text).unwrap(), case);
        }
        assert!(to_document(&Case::New).is_err());
    }
}
