//! 職員: the accounts of an office, for its administrators to look after and its auditors to look at.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use casework::Refusal;
use casework::identity::OfficerId;
use casework::officer::{Role, Roles};
use wire::code::Code;
use wire::office::Language;

use super::frame::Tab;
use super::invite::{Form, code_page};
use super::seat::{Seat, SeatPost, fact_of};
use super::view;
use crate::catalogue::{Message, Words};
use crate::desk::officer::{Command, OfficerAccount, dormant, invitation_code, invitation_digest};
use crate::desk::{CaseId, Failure};
use crate::fault::Fault;
use crate::portal::page::render;
use crate::portal::session::{hex, unhex};
use crate::portal::visit::Stop;
use crate::portal::{date, refusal};
use crate::store::{OfficerRow, OfficerState};

/// `GET /console/{office}/officers`
pub(super) async fn list(seat: Seat) -> Result<Response, Stop> {
    let rows = accounts(&seat).await?;
    let page = seat.frame(Tab::Officers);
    let idle: Vec<OfficerId> = dormant(&rows, &seat.office.officers.policy, seat.visit.now)
        .map(|row| row.id)
        .collect();
    let view = view::Officers {
        rows: rows
            .iter()
            .map(|row| line(&seat, row, idle.contains(&row.id)))
            .collect(),
        dormant: idle.len().to_string(),
        any_dormant: !idle.is_empty(),
        page,
    };
    Ok(seat.render(&view))
}

/// `GET /console/{office}/officers/{id}`
pub(super) async fn one(Path((_, id)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    shown(&seat, &id, StatusCode::OK, None).await
}

/// `GET /console/{office}/officers/invite`. The account's id is drawn here, so that a form that is sent twice makes one
/// account.
pub(super) async fn invitation(seat: Seat) -> Result<Response, Stop> {
    seat.must(Role::Administration)?;
    let id = hex(&seat.visit.portal.desk().new_case::<OfficerAccount>().octets());
    let company = seat.office.officers.company.as_ref();
    let form = Form::empty(
        company.map(|company| company.0.clone()).unwrap_or_default(),
        seat.acting.language,
    );
    Ok(form.page(&seat, &id, StatusCode::OK))
}

/// The invitation is made, and its code is shown this once.
pub(super) async fn invite(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Administration)?;
    let form = Form::of(&post);
    let Some(id) = unhex::<16>(post.field("id")) else {
        return Err(seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[]));
    };
    match form.checked(seat) {
        Ok(account) => invited(seat, id, form.language, account).await,
        Err(form) => Ok(form.page(seat, &hex(&id), StatusCode::UNPROCESSABLE_ENTITY)),
    }
}

/// 再招待の確認
pub(super) async fn confirm_invite(Path((_, id)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    confirm(&seat, &id, "invite").await
}

/// A second invitation voids the first, and the card that was enrolled before it.
pub(super) async fn invite_again(Path((_, id)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Administration)?;
    let row = account(seat, &id).await?;
    forget_sessions(seat, row.id).await?;
    let language = seat.visit.words.language();
    invited(seat, row.id.0, language, row.account).await
}

/// Other roles.
pub(super) async fn assign(Path((_, id)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let roles = roles_of(&post);
    if roles.is_empty() {
        let label = post.seat.visit.words.say("desk-officer-roles");
        let message = post.seat.visit.words.message(Code::Req, &[("field", &label)]);
        return shown(
            &post.seat,
            &id,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(Trouble::Roles(message)),
        )
        .await;
    }
    change(&post.seat, &id, &Command::Assign { roles }).await
}

/// 停止の確認
pub(super) async fn confirm_block(Path((_, id)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    confirm(&seat, &id, "block").await
}

/// 停止の解除の確認
pub(super) async fn confirm_unblock(Path((_, id)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    confirm(&seat, &id, "unblock").await
}

/// 停止: out with the next request, on every node.
pub(super) async fn block(Path((_, id)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    change(&post.seat, &id, &Command::Block).await
}

/// 停止の解除. A session from before the block does not come back to life with it.
pub(super) async fn unblock(Path((_, id)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let row = account(&post.seat, &id).await?;
    forget_sessions(&post.seat, row.id).await?;
    change(&post.seat, &id, &Command::Unblock).await
}

/// The roles of a form's boxes.
pub(super) fn roles_of(post: &SeatPost) -> Roles {
    post.all("role").filter_map(Role::from_key).collect()
}

/// The roles, one after the other.
pub(super) fn roles_said(words: Words, roles: Roles) -> String {
    let names: Vec<_> = roles
        .iter()
        .map(|role| words.say(&format!("role-{}", role.key())))
        .collect();
    names.join(if words.language() == Language::Ja { "、" } else { ", " })
}

/// The boxes of the roles, these ones ticked.
pub(super) fn boxes(words: Words, roles: Roles) -> Vec<view::RoleBox> {
    Role::ALL
        .into_iter()
        .map(|role| view::RoleBox {
            key: role.key(),
            label: words.say(&format!("role-{}", role.key())),
            help: words.say(&format!("desk-role-{}", role.key())),
            ticked: roles.contains(role),
        })
        .collect()
}

/// Where on an account's page a refusal stands.
enum Trouble {
    Roles(Message),
    State(Message),
}

async fn change(seat: &Seat, id: &str, command: &Command) -> Result<Response, Stop> {
    let row = account(seat, id).await?;
    let case: CaseId<OfficerAccount> = CaseId::from_octets(row.id.0);
    match seat.visit.portal.desk().perform(&seat.actor(), case, command).await {
        Ok(_) => Ok(seat.to(&format!("/officers/{id}?notice=saved"))),
        Err(Failure::Refused(no @ (Refusal::LastAdministrator | Refusal::OwnAccount | Refusal::NoRole { .. }))) => {
            let (status, message) = refusal::refused(seat.visit.words, &no);
            let trouble = match command {
                Command::Assign { .. } => Trouble::Roles(message),
                _ => Trouble::State(message),
            };
            shown(seat, id, status, Some(trouble)).await
        }
        Err(failure) => Err(seat.failed(&failure)),
    }
}

async fn invited(
    seat: &Seat,
    id: [u8; 16],
    language: Language,
    account: casework::officer::Account,
) -> Result<Response, Stop> {
    let desk = seat.visit.portal.desk();
    let code = invitation_code(desk.chance());
    let command = Command::Invite {
        office: seat.office.id.clone(),
        language,
        account: Box::new(account.clone()),
        code: invitation_digest(&code),
    };
    let case: CaseId<OfficerAccount> = CaseId::from_octets(id);
    match desk.perform(&seat.actor(), case, &command).await {
        Ok(_) => Ok(code_page(seat, &account, &code)),
        Err(Failure::Refused(no @ (Refusal::LastAdministrator | Refusal::OwnAccount))) => {
            let (status, message) = refusal::refused(seat.visit.words, &no);
            shown(seat, &hex(&id), status, Some(Trouble::State(message))).await
        }
        Err(failure) => Err(seat.failed(&failure)),
    }
}

async fn confirm(seat: &Seat, id: &str, act: &'static str) -> Result<Response, Stop> {
    seat.must(Role::Administration)?;
    let row = account(seat, id).await?;
    let page = seat.frame(Tab::Officers);
    let word = if act == "invite" { "reinvite" } else { act };
    let view = view::ConfirmAccount {
        title: page.t(&format!("desk-{word}-title")),
        lead: page.t(&format!("desk-{word}-lead")),
        go: page.t(&format!("desk-{word}-go")),
        facts: facts(&page, &row),
        id: id.to_owned(),
        danger: act != "unblock",
        act,
        page,
    };
    Ok(seat.render(&view))
}

async fn shown(seat: &Seat, id: &str, status: StatusCode, trouble: Option<Trouble>) -> Result<Response, Stop> {
    let row = account(seat, id).await?;
    let page = seat.frame(Tab::Officers);
    let own = row.id == seat.acting.officer.id;
    let may = seat.acting.officer.roles.contains(Role::Administration);
    let (roles_error, state_error) = match trouble {
        // The own account's page has no boxes at which it could stand, and neither has that of who only looks.
        Some(Trouble::Roles(message)) if may && !own => (Some(message), None),
        Some(Trouble::Roles(message) | Trouble::State(message)) => (None, Some(message)),
        None => (None, None),
    };
    let view = view::Officer {
        title: row.account.name.clone(),
        saved: seat.visit.asked("notice") == Some("saved"),
        facts: facts(&page, &row),
        roles: boxes(page.words, row.account.roles),
        roles_error,
        state_error,
        may,
        own,
        blocked: matches!(row.state, OfficerState::Blocked { .. }),
        unblockable: matches!(row.state, OfficerState::Blocked { card: Some(_), .. }),
        id: id.to_owned(),
        page,
    };
    Ok(render(status, &view))
}

fn facts(page: &super::Frame, row: &OfficerRow) -> Vec<crate::portal::page::Fact> {
    vec![
        page.fact("desk-officer-name", &row.account.name),
        page.fact("desk-officer-person", &row.account.person.0),
        page.fact("desk-officer-company", &row.account.company.0),
        page.fact("desk-officer-mail", &row.account.mail),
        page.fact("desk-officer-roles", roles_said(page.words, row.account.roles)),
        page.fact("desk-officer-state", state(page.words, row)),
        page.fact("desk-officer-seen", seen(page.words, row)),
    ]
}

fn line(seat: &Seat, row: &OfficerRow, dormant: bool) -> view::OfficerLine {
    let words = seat.visit.words;
    view::OfficerLine {
        id: hex(&row.id.0),
        name: row.account.name.clone(),
        person: row.account.person.0.clone(),
        company: row.account.company.0.clone(),
        roles: roles_said(words, row.account.roles),
        state: state(words, row),
        tag: match row.state {
            OfficerState::Active { .. } => "tag ok",
            OfficerState::Invited { .. } => "tag",
            OfficerState::Blocked { .. } => "tag ng",
        },
        seen: seen(words, row),
        dormant,
    }
}

fn state(words: Words, row: &OfficerRow) -> String {
    words.say(match row.state {
        OfficerState::Invited { .. } => "desk-state-invited",
        OfficerState::Active { .. } => "desk-state-active",
        OfficerState::Blocked { .. } => "desk-state-blocked",
    })
}

/// What the state counts from or until.
fn seen(words: Words, row: &OfficerRow) -> String {
    let (key, at) = match row.state {
        OfficerState::Invited { until } => ("desk-seen-invited", until),
        OfficerState::Active { seen, .. } => ("desk-seen-active", seen),
        OfficerState::Blocked { at, .. } => ("desk-seen-blocked", at),
    };
    words.say_with(key, &[("time", &date::minute(words, at))])
}

/// The accounts of the office, for who may see them.
async fn accounts(seat: &Seat) -> Result<Vec<OfficerRow>, Stop> {
    if !seat.acting.officer.roles.contains(Role::Audit) {
        seat.must(Role::Administration)?;
    }
    let rows = seat.visit.portal.store().officers(&seat.office.id).await;
    rows.map_err(|fault: Fault| seat.fault(&fault))
}

/// One of them. That of another office is not there (A17).
async fn account(seat: &Seat, id: &str) -> Result<OfficerRow, Stop> {
    let id = unhex(id).map(OfficerId);
    let rows = accounts(seat).await?;
    rows.into_iter()
        .find(|row| Some(row.id) == id)
        .ok_or_else(|| seat.visit.not_found())
}

async fn forget_sessions(seat: &Seat, officer: OfficerId) -> Result<(), Stop> {
    seat.must(Role::Administration)?;
    let (name, value) = fact_of(&seat.office, officer);
    let forgotten = seat.visit.portal.store().forget_everywhere(&name, &value).await;
    forgotten.map(drop).map_err(|fault| seat.fault(&fault))
}
