//! What an officer may do with an application on its own page, and the form of the decision there: the same for what is held
//! at an ordering body and for what a service centre examines.

use casework::Refusal;
use casework::officer::Role;
use casework::review::{Parties, Review, Rule};

use super::case::Officers;
use super::decision::{Saved, Typed, saved};
use super::detail::others_to_decide;
use super::{Frame, Seat};
use crate::catalogue::Message;
use crate::office::ReasonUse;
use crate::portal::refusal;

/// What this officer may do with it now. The desk asks again.
#[derive(Default)]
pub(super) struct May {
    pub(super) claim: bool,
    pub(super) release: bool,
    pub(super) decide: bool,
    pub(super) reassign: Vec<(String, String)>,
    /// Why this officer is not to decide.
    pub(super) not: Option<Message>,
}

/// The form of the decision, in the words of the procedure.
pub(super) struct Form {
    pub(super) case: String,
    pub(super) version: i64,
    pub(super) deny: Vec<Saved>,
    pub(super) give_back: Vec<Saved>,
    pub(super) remark: String,
    pub(super) help: String,
    pub(super) remark_help: String,
    pub(super) release: String,
    /// 承認, 差戻し and 否認, as they are called here.
    pub(super) verbs: [String; 3],
}

impl Form {
    /// `kind` is what the words of the procedure begin with in the catalogues.
    pub(super) fn of(seat: &Seat, page: &Frame, kind: &str, (case, version): (String, i64), typed: Typed) -> Self {
        let say = |word: &str| page.t(&format!("{kind}-{word}"));
        Self {
            case,
            version,
            deny: saved(seat, page, ReasonUse::Deny, &typed.deny),
            give_back: saved(seat, page, ReasonUse::Return, &typed.give_back),
            remark: typed.remark,
            help: say("decide-help"),
            remark_help: say("remark-help"),
            release: say("release"),
            verbs: ["approve", "return", "deny"].map(say),
        }
    }
}

impl May {
    /// Of what officers have before them, if they have anything. `parties` are those whom it is about.
    pub(super) fn of(
        seat: &Seat,
        review: Option<&Review>,
        (parties, rule): (&Parties, Option<&Rule>),
        officers: &Officers,
    ) -> Self {
        let mut may = Self::default();
        let Some(review) = review else { return may };
        let officer = &seat.acting.officer;
        let claim = review.standing_claim(seat.visit.now);
        let mine = claim.is_some_and(|claim| claim.by == officer.id);
        if officer.roles.contains(Role::Approval) {
            // The rule that keeps this officer from deciding, said before anything is tried (A22).
            let own = rule.and_then(|rule| parties.strange_to(officer, rule).err());
            let first = review.first.as_ref();
            let again = first.is_some_and(|first| first.person == officer.person || first.card == officer.card);
            let no = own.or(again.then_some(Refusal::SamePerson));
            may.not = no.map(|no| refusal::refused(seat.visit.words, &no).1);
            let open = may.not.is_none();
            may.claim = open && claim.is_none();
            // Whoever decides what nobody has takes it by that.
            may.decide = open && (mine || claim.is_none());
        }
        may.release = mine;
        if officer.roles.contains(Role::Administration) {
            may.reassign = others_to_decide(officers, claim);
        }
        may
    }
}
