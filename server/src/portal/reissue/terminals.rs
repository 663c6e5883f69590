//! N3, 論理端末 入力: 再発行希望日, 再発行理由 and the terminals (DOMAIN §6.5).

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use casework::Refusal;
use casework::calendar::typed::{self, NotADay};
use casework::calendar::{Calendar, WrongDay};
use casework::reissue::{Cause, Policy, Wish};
use casework::terminal::Terminal;
use casework::time::Day;
use serde::{Deserialize, Serialize};
use wire::code::Code;

use super::kept::{Of, forget, keep, kept};
use super::{Current, chosen_language, in_language, offered, policy, shown, view};
use crate::catalogue::Message;
use crate::desk::Failure;
use crate::desk::calendar::Choice;
use crate::desk::reissue::{Command, OfferedTerminal};
use crate::portal::month::{Month, first_of, later, month, why};
use crate::portal::organisation::{Seat, SeatPost};
use crate::portal::page::{Page, render};
use crate::portal::visit::Stop;
use crate::portal::{date, refusal};

/// What was typed, and whether it was sent for checking.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Typed {
    sent: bool,
    day: String,
    cause: String,
    words: String,
    /// The terminals by their keys.
    terminals: Vec<String>,
}

/// What is wrong, each with what it is about.
#[derive(Default)]
struct Wrong {
    day: Option<Message>,
    cause: Option<Message>,
    words: Option<Message>,
    terminals: Option<Message>,
}

/// What it is checked against.
struct Against<'a> {
    seat: &'a Seat,
    current: &'a Current,
    page: &'a Page,
    offered: &'a [OfferedTerminal],
    calendar: &'a Calendar,
    policy: &'a Policy,
}

/// `GET /{office}/reissue/{case}/terminals`. With `check` what is chosen already is checked for today.
pub(super) async fn page(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let current = Current::of(&seat, &case).await?;
    let draft = current.draft(&seat)?;
    if draft.contact.is_none() {
        return Ok(current.to(&seat, "/contact"));
    }
    let (today, desk) = (seat.visit.now.day(), seat.visit.portal.desk());
    let read = async {
        let calendar = desk.calendar(&seat.office, today).await?;
        Ok((calendar, desk.desired_days(&seat.office, today).await?))
    };
    let (calendar, choice) = read.await.map_err(|fault| seat.visit.fault(&fault))?;
    let (offered, policy) = (offered(&seat).await?, policy(&seat)?);
    let noted: Option<Typed> = kept(&seat, &current, Of::Terminals);
    let mut typed = match (noted, &draft.wish) {
        (Some(typed), _) => typed,
        (None, Some(wish)) => Typed::from(wish),
        (None, None) => Typed::default(),
    };
    typed.sent |= seat.visit.asked("check").is_some();
    let page = seat.page();
    let against = Against {
        seat: &seat,
        current: &current,
        page: &page,
        offered: &offered,
        calendar: &calendar,
        policy: &policy,
    };
    let wrong = if typed.sent {
        against.check(&typed).err().map(|wrong| *wrong).unwrap_or_default()
    } else {
        Wrong::default()
    };
    let view = view::Choosing {
        stages: page.stages(view::STAGES, &3),
        months: months(&page, &seat, &calendar, &choice),
        earliest: choice.days.first().map(|day| {
            let (first, last) = (date::day(page.words, day.day()), date::day(page.words, choice.last));
            let values = [("first", first.as_str()), ("last", last.as_str())];
            page.words.say_with("reissue-day-between", &values)
        }),
        unknown: choice.unknown.map(|no_data| {
            let year = no_data.year.to_string();
            page.t1("calendar-unknown", "year", &year)
        }),
        causes: ["expired", "exchanged", "other"]
            .map(|key| view::Choice {
                value: key,
                label: page.t(&format!("reissue-cause-{key}")),
                chosen: typed.cause == key,
            })
            .into(),
        rows: offered.iter().map(|offered| row(&against, offered, &typed)).collect(),
        errors: wrong.told(),
        day_error: wrong.day,
        cause_error: wrong.cause,
        words_error: wrong.words,
        rows_error: wrong.terminals,
        day: typed.day,
        words: typed.words,
        case,
        office: seat.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「申込内容確認へ進む」; a day that was picked without script; or the switch of the language, which keeps what was typed.
pub(super) async fn choose(Path((_, case)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let current = Current::of(seat, &case).await?;
    let draft = current.draft(seat)?;
    if draft.contact.is_none() {
        return Ok(current.to(seat, "/contact"));
    }
    let offered = offered(seat).await?;
    let mut typed = Typed::of(&post, &offered);
    if post.field("go") == "keep" {
        keep(seat, &current, Of::Terminals, &typed).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    if let Some(chosen) = chosen_language(&post) {
        keep(seat, &current, Of::Terminals, &typed).await?;
        return Ok(in_language(seat, chosen, current.to(seat, "/terminals")));
    }
    let picked = post.field("pick");
    if !picked.is_empty() {
        picked.clone_into(&mut typed.day);
        keep(seat, &current, Of::Terminals, &typed).await?;
        return Ok(seat.to(&format!("/reissue/{case}/terminals#day")));
    }
    let desk = seat.visit.portal.desk();
    let calendar = desk.calendar(&seat.office, seat.visit.now.day()).await;
    let (calendar, policy) = (calendar.map_err(|fault| seat.visit.fault(&fault))?, policy(seat)?);
    let against = Against {
        seat,
        current: &current,
        page: &seat.page(),
        offered: &offered,
        calendar: &calendar,
        policy: &policy,
    };
    typed.sent = true;
    let again = || seat.to(&format!("/reissue/{case}/terminals#errors"));
    let Ok(wish) = against.check(&typed) else {
        keep(seat, &current, Of::Terminals, &typed).await?;
        return Ok(again());
    };
    if draft.wish.as_ref() != Some(&wish) {
        let Wish { day, cause, terminals } = wish;
        let choose = Command::Choose { day, cause, terminals };
        match current.perform(seat, &choose).await {
            Ok(_) => {}
            // Midnight, or another tab, came between the check and the decision: it is told at its field.
            Err(Failure::Refused(no)) if at_its_field(no) => {
                keep(seat, &current, Of::Terminals, &typed).await?;
                return Ok(again());
            }
            Err(failure) => return Err(seat.visit.failed(&failure)),
        }
    }
    forget(seat, Of::Terminals).await?;
    Ok(current.to(seat, "/confirm"))
}

/// Whether a refusal is about something that this page asks for.
pub(super) const fn at_its_field(no: Refusal) -> bool {
    matches!(
        no,
        Refusal::DayGone
            | Refusal::NoTerminal
            | Refusal::NoSuchTerminal { .. }
            | Refusal::TerminalTaken { .. }
            | Refusal::TooMany { .. }
    )
}

/// Whether what was chosen can be applied for today: the page that says otherwise is this one.
pub(super) async fn holds(seat: &Seat, current: &Current, page: &Page, wish: &Wish) -> Result<bool, Stop> {
    let desk = seat.visit.portal.desk();
    let calendar = desk.calendar(&seat.office, seat.visit.now.day()).await;
    let against = Against {
        seat,
        current,
        page,
        offered: &offered(seat).await?,
        calendar: &calendar.map_err(|fault| seat.visit.fault(&fault))?,
        policy: &policy(seat)?,
    };
    // Every terminal that was chosen must still be there to be chosen.
    let checked = against.check(&Typed::from(wish));
    Ok(checked.is_ok_and(|checked| checked.terminals.len() == wish.terminals.len()))
}

impl Typed {
    fn of(post: &SeatPost, offered: &[OfferedTerminal]) -> Self {
        let typed = |name| post.field(name).to_owned();
        let keys = offered.iter().map(|offered| key(offered.terminal));
        Self {
            sent: false,
            day: typed("day"),
            cause: typed("cause"),
            words: typed("words"),
            terminals: keys.filter(|key| !post.field(key).is_empty()).collect(),
        }
    }
}

impl From<&Wish> for Typed {
    fn from(wish: &Wish) -> Self {
        Self {
            sent: false,
            day: eight_digits(wish.day),
            cause: wish.cause.key().to_owned(),
            words: match &wish.cause {
                Cause::Other(words) => words.clone().unwrap_or_default(),
                Cause::Expired | Cause::Exchanged => String::new(),
            },
            terminals: wish.terminals.iter().map(|terminal| key(*terminal)).collect(),
        }
    }
}

impl Against<'_> {
    /// Everything that is wrong comes at once.
    fn check(&self, typed: &Typed) -> Result<Wish, Box<Wrong>> {
        let mut wrong = Wrong::default();
        let day = self.day(&typed.day).map_err(|why| wrong.day = Some(why));
        let cause = Cause::check(&typed.cause, &typed.words, self.policy.words_for_other).map_err(|complaint| {
            // Without a choice the complaint is the choice's, with その他の理由 its words'.
            let (place, label) = if typed.cause == "other" {
                (&mut wrong.words, "reissue-cause-words")
            } else {
                (&mut wrong.cause, "reissue-cause")
            };
            *place = Some(refusal::complained(self.page.words, &self.page.t(label), complaint, ""));
        });
        let terminals = self
            .terminals(&typed.terminals)
            .map_err(|why| wrong.terminals = Some(why));
        match (day, cause, terminals) {
            (Ok(day), Ok(cause), Ok(terminals)) => Ok(Wish { day, cause, terminals }),
            _ => Err(Box::new(wrong)),
        }
    }

    fn day(&self, text: &str) -> Result<Day, Message> {
        let words = self.page.words;
        let label = self.page.t("reissue-day");
        let wanted = typed::day(text).map_err(|why| match why {
            NotADay::Empty => words.message(Code::Req, &[("field", &label)]),
            NotADay::Form => words.message(Code::DateFormat, &[]),
            NotADay::NoSuchDay => Message {
                next: words.say("reissue-day-invalid-next"),
                ..words.message(Code::DateInvalid, &[("field", &label)])
            },
        })?;
        let today = self.seat.visit.now.day();
        let desired = self.calendar.desired_day(wanted, today);
        desired.map(|_| wanted).map_err(|wrong| self.wrong_day(wanted, wrong))
    }

    fn wrong_day(&self, wanted: Day, wrong: WrongDay<'_>) -> Message {
        let words = self.page.words;
        let day = |day| date::day(words, day);
        let unknown = |year: i32| words.message(Code::DateUnknown, &[("year", &year.to_string())]);
        match wrong {
            WrongDay::Past => match self.calendar.next_business_day(self.seat.visit.now.day()) {
                Ok(first) => words.message(Code::DatePast, &[("date", &day(first))]),
                Err(no_data) => unknown(no_data.year),
            },
            WrongDay::SameDay { first } => words.message(Code::DateSameday, &[("date", &day(first))]),
            WrongDay::Closed { why: closed, first } => {
                let why = why(self.page, &self.seat.office, &closed);
                let values = [("date", &*day(wanted)), ("why", &why), ("first", &day(first))];
                words.message(Code::DateClosed, &values)
            }
            WrongDay::Far { last } => words.message(Code::DateFar, &[("date", &day(last))]),
            WrongDay::NoData(no_data) => unknown(no_data.year),
        }
    }

    fn terminals(&self, keys: &[String]) -> Result<Vec<Terminal>, Message> {
        let words = self.page.words;
        let chosen = || self.offered.iter().filter(|one| keys.contains(&key(one.terminal)));
        if let Some((terminal, number)) = chosen().find_map(|one| Some((one.terminal, self.elsewhere(one)?))) {
            let values = [("terminal", terminal.name.to_string()), ("number", number)];
            let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            return Err(words.message(Code::TermDup, &values));
        }
        let terminals: Vec<Terminal> = chosen().map(|one| one.terminal).collect();
        if terminals.is_empty() {
            return Err(words.message(Code::TermNone, &[]));
        }
        let most = self.policy.most_terminals;
        if terminals.len() > most {
            return Err(words.message(Code::Many, &[("most", &most.to_string())]));
        }
        Ok(terminals)
    }

    /// The number of another open application that the terminal is in.
    fn elsewhere(&self, offered: &OfferedTerminal) -> Option<String> {
        let (case, number) = offered.open.as_ref()?;
        (*case != self.current.id()).then(|| number.to_string())
    }
}

impl Wrong {
    /// For the summary: each with the field it leads to.
    fn told(&self) -> Vec<(&'static str, Message)> {
        let all = [
            ("day", &self.day),
            ("cause", &self.cause),
            ("words", &self.words),
            ("terminals", &self.terminals),
        ];
        all.into_iter()
            .filter_map(|(field, message)| Some((field, message.clone()?)))
            .collect()
    }
}

fn row(against: &Against<'_>, offered: &OfferedTerminal, typed: &Typed) -> view::Row {
    let key = key(offered.terminal);
    let open = offered.open.as_ref().filter(|(case, _)| *case != against.current.id());
    view::Row {
        chosen: typed.terminals.contains(&key),
        key,
        line: shown::line(against.page, offered),
        open: open.map(|(case, number)| {
            let path = format!("/{}/applications/{case}", against.seat.office.id);
            (path, number.to_string())
        }),
    }
}

/// The months in which a day can be chosen, with a button on each such day.
fn months(page: &Page, seat: &Seat, calendar: &Calendar, choice: &Choice) -> Vec<Month> {
    let today = seat.visit.now.day();
    let (mut first, mut months) = (first_of(today), Vec::new());
    while first <= choice.last {
        let mut shown = month(page, &seat.office, calendar, first, today);
        for cell in shown.weeks.iter_mut().flatten().flatten() {
            if choice.days.iter().any(|day| day.day() == cell.day) {
                cell.pick = Some((eight_digits(cell.day), date::day(page.words, cell.day)));
            }
        }
        months.push(shown);
        first = later(first, 1);
    }
    months
}

/// A terminal's name in the form.
fn key(terminal: Terminal) -> String {
    format!(
        "terminal-{}-{}-{}",
        terminal.division.key(),
        terminal.device.key(),
        terminal.name
    )
}

/// As the form wants a day: 20261124.
fn eight_digits(day: Day) -> String {
    let date = day.date();
    format!("{:04}{:02}{:02}", date.year, date.month, date.day)
}
