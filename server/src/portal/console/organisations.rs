//! 契約者: the organisations that a service centre serves, and the people who log in for them.

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use casework::identity::{OrganisationId, UserId};
use casework::officer::Role;
use casework::user::{Account, LoginId};
use wire::code::Code;

use super::contract_form::{Correction, Form, Invitation};
use super::frame::Tab;
use super::seat::{Seat, SeatPost};
use super::view;
use crate::catalogue::Message;
use crate::desk::organisation::{Command as Ask, Organisation};
use crate::desk::user::{Command, LinkToken, UserAccount, is_dormant};
use crate::desk::{CaseId, Failure};
use crate::fault::Fault;
use crate::portal::organisation::contract;
use crate::portal::page::render;
use crate::portal::session::{hex, unhex};
use crate::portal::visit::Stop;
use crate::portal::{Portal, date, refusal};
use crate::store::{OrganisationRow, UserRow, UserState};

/// Below `/console/{office}`.
pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/organisations", get(list))
        .route("/organisations/new", get(new).post(conclude))
        .route("/organisations/{id}", get(one))
        .route("/organisations/{id}/edit", get(edit).post(amend))
        .route("/organisations/{id}/end", post(end))
        .route("/organisations/{id}/users", post(invite))
        .route("/organisations/{id}/users/{user}/invite", post(invite_again))
        .route("/organisations/{id}/users/{user}/edit", get(correcting).post(correct))
        .route("/organisations/{id}/users/{user}/block", post(block))
}

/// `GET /console/{office}/organisations`
async fn list(seat: Seat) -> Result<Response, Stop> {
    let rows = organisations(&seat).await?;
    let page = seat.frame(Tab::Organisations);
    let view = view::Organisations {
        rows: rows.iter().map(|row| line(&page, row)).collect(),
        page,
    };
    Ok(seat.render(&view))
}

/// The form of a new contract. Its id is drawn here, so that a form that is sent twice makes one contract.
async fn new(seat: Seat) -> Result<Response, Stop> {
    seat.must(Role::Administration)?;
    let id = hex(&seat.visit.portal.desk().new_case::<Organisation>().octets());
    Ok(Form::default().page(&seat, ("new", &id), StatusCode::OK))
}

async fn conclude(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Administration)?;
    let Some(id) = unhex::<16>(post.field("id")) else {
        return Err(seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[]));
    };
    let mut form = Form::of(&post);
    match form.checked(seat) {
        Some(contract) => {
            let command = Ask::Conclude {
                office: seat.office.id.clone(),
                language: seat.visit.words.language(),
                contract: Box::new(contract),
            };
            done(seat, id, &command, form, ("new", &hex(&id))).await
        }
        None => Ok(form.page(seat, ("new", &hex(&id)), StatusCode::UNPROCESSABLE_ENTITY)),
    }
}

/// `GET /console/{office}/organisations/{id}`
async fn one(Path((_, id)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    shown(&seat, &id, StatusCode::OK, Invitation::default(), None).await
}

/// 契約内容の変更
async fn edit(Path((_, id)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    seat.must(Role::Administration)?;
    let row = organisation(&seat, &id).await?;
    let there = format!("{id}/edit");
    Ok(Form::from(&row.contract).page(&seat, (&there, &id), StatusCode::OK))
}

async fn amend(Path((_, id)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Administration)?;
    let row = organisation(seat, &id).await?;
    let there = format!("{id}/edit");
    let mut form = Form::of(&post);
    match form.checked(seat) {
        Some(contract) => done(seat, row.id.0, &Ask::Amend(Box::new(contract)), form, (&there, &id)).await,
        None => Ok(form.page(seat, (&there, &id), StatusCode::UNPROCESSABLE_ENTITY)),
    }
}

/// 契約の終了: its people are out with the next request.
async fn end(Path((_, id)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Administration)?;
    let row = organisation(seat, &id).await?;
    // The box says that it was meant.
    if post.field("sure") != "yes" {
        let label = seat.visit.words.say("desk-contract-end-sure");
        let message = seat.visit.words.message(Code::Req, &[("field", &label)]);
        return shown(
            seat,
            &id,
            StatusCode::UNPROCESSABLE_ENTITY,
            Invitation::default(),
            Some(message),
        )
        .await;
    }
    let case: CaseId<Organisation> = CaseId::from_octets(row.id.0);
    let ended = seat.visit.portal.desk().perform(&seat.actor(), case, &Ask::End).await;
    ended.map_err(|failure| seat.failed(&failure))?;
    Ok(seat.to(&format!("/organisations/{id}?notice=saved")))
}

/// 招待: the link goes by mail to the person alone.
async fn invite(Path((_, id)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Administration)?;
    let row = organisation(seat, &id).await?;
    let Some(user) = unhex::<16>(post.field("user")) else {
        return Err(seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[]));
    };
    let mut form = Invitation::of(&post);
    match form.checked(seat) {
        Some((login, name, mail)) => {
            let account = Account {
                login,
                organisation: row.id,
                name,
                mail,
            };
            invited(seat, &id, UserId(user), account, form).await
        }
        None => shown(seat, &id, StatusCode::UNPROCESSABLE_ENTITY, form, None).await,
    }
}

/// Another link: the first one, the password and the passkeys of before are void.
async fn invite_again(Path((_, id, user)): Path<(String, String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Administration)?;
    let row = user_of(seat, &id, &user).await?;
    let case: CaseId<UserAccount> = CaseId::from_octets(row.id.0);
    let standing = seat.visit.portal.desk().standing(case).await;
    let place = standing.map_err(|fault| seat.fault(&fault))?.place;
    // In the language in which the person was written to before.
    let form = Invitation::in_language(place.map(|place| place.language).unwrap_or_default());
    invited(seat, &id, row.id, row.account, form).await
}

/// `GET /console/{office}/organisations/{id}/users/{user}/edit`
async fn correcting(Path((_, id, user)): Path<(String, String, String)>, seat: Seat) -> Result<Response, Stop> {
    seat.must(Role::Administration)?;
    let row = user_of(&seat, &id, &user).await?;
    Ok(Correction::from(&row).page(&seat, &id, &row, StatusCode::OK))
}

/// 訂正: the name, or the address that mails go to; the person is told there.
async fn correct(Path((_, id, user)): Path<(String, String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Administration)?;
    let row = user_of(seat, &id, &user).await?;
    let mut form = Correction::of(&post);
    let Some((name, mail)) = form.checked(seat) else {
        return Ok(form.page(seat, &id, &row, StatusCode::UNPROCESSABLE_ENTITY));
    };
    let case: CaseId<UserAccount> = CaseId::from_octets(row.id.0);
    let command = Command::Correct { name, mail };
    let corrected = seat.visit.portal.desk().perform(&seat.actor(), case, &command).await;
    corrected.map_err(|failure| seat.failed(&failure))?;
    Ok(seat.to(&format!("/organisations/{id}?notice=saved")))
}

/// 停止
async fn block(Path((_, id, user)): Path<(String, String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Administration)?;
    let row = user_of(seat, &id, &user).await?;
    let case: CaseId<UserAccount> = CaseId::from_octets(row.id.0);
    let blocked = seat
        .visit
        .portal
        .desk()
        .perform(&seat.actor(), case, &Command::Block)
        .await;
    blocked.map_err(|failure| seat.failed(&failure))?;
    Ok(seat.to(&format!("/organisations/{id}?notice=saved")))
}

async fn done(seat: &Seat, id: [u8; 16], command: &Ask, mut form: Form, there: (&str, &str)) -> Result<Response, Stop> {
    let case: CaseId<Organisation> = CaseId::from_octets(id);
    match seat.visit.portal.desk().perform(&seat.actor(), case, command).await {
        Ok(_) => Ok(seat.to(&format!("/organisations/{}?notice=saved", hex(&id)))),
        Err(Failure::Refused(no @ casework::Refusal::ContractTaken)) => {
            let (status, message) = refusal::refused(seat.visit.words, &no);
            form.complain("number", message);
            Ok(form.page(seat, there, status))
        }
        Err(failure) => Err(seat.failed(&failure)),
    }
}

async fn invited(
    seat: &Seat,
    id: &str,
    user: UserId,
    account: Account,
    mut form: Invitation,
) -> Result<Response, Stop> {
    let desk = seat.visit.portal.desk();
    let command = Command::Invite {
        office: seat.office.id.clone(),
        language: form.language,
        account: Box::new(account),
        token: LinkToken::new(desk.chance()),
    };
    let case: CaseId<UserAccount> = CaseId::from_octets(user.0);
    match desk.perform(&seat.actor(), case, &command).await {
        Ok(_) => Ok(seat.to(&format!("/organisations/{id}?notice=invited"))),
        Err(Failure::Refused(no @ casework::Refusal::LoginTaken)) => {
            let (status, message) = refusal::refused(seat.visit.words, &no);
            form.complain("login", message);
            shown(seat, id, status, form, None).await
        }
        Err(failure) => Err(seat.failed(&failure)),
    }
}

async fn shown(
    seat: &Seat,
    id: &str,
    status: StatusCode,
    form: Invitation,
    error: Option<Message>,
) -> Result<Response, Stop> {
    let row = organisation(seat, id).await?;
    let users = seat.visit.portal.store().users(row.id).await;
    let users = users.map_err(|fault: Fault| seat.fault(&fault))?;
    let policy = seat.office.terminals().map_err(|_| seat.visit.not_found())?.users;
    let page = seat.frame(Tab::Organisations);
    let line = |row| user_line(&page, row, is_dormant(row, &policy, seat.visit.now));
    let users: Vec<_> = users.iter().map(line).collect();
    let dormant = users.iter().filter(|line| line.dormant).count();
    let view = view::OrganisationPage {
        dormant: (dormant > 0).then(|| page.t1("desk-dormant-note", "count", &dormant.to_string())),
        title: format!("{} {}", row.contract.company, row.contract.office),
        notice: match seat.visit.asked("notice") {
            Some("saved") => Some(page.t("desk-saved")),
            Some("invited") => Some(page.t("desk-user-invited")),
            _ => None,
        },
        error,
        company: contract::company(&page, &row.contract),
        contact: contract::contact(&page, &row.contract.contact),
        users,
        may: page.administers(),
        in_force: row.in_force,
        fields: form.fields(&page),
        user: hex(&seat.visit.portal.desk().new_case::<UserAccount>().octets()),
        id: id.to_owned(),
        page,
    };
    Ok(render(status, &view))
}

fn line(page: &super::Frame, row: &OrganisationRow) -> view::OrganisationLine {
    view::OrganisationLine {
        id: hex(&row.id.0),
        number: row.contract.number.to_string(),
        company: row.contract.company.clone(),
        place: row.contract.office.clone(),
        state: page.t(if row.in_force {
            "desk-contract-in-force"
        } else {
            "desk-contract-ended"
        }),
        tag: if row.in_force { "tag ok" } else { "tag ng" },
    }
}

fn user_line(page: &super::Frame, row: &UserRow, dormant: bool) -> view::UserLine {
    let (state, tag, seen) = match row.state {
        UserState::Invited => ("desk-state-invited", "tag", "desk-seen-invited"),
        UserState::Active => ("desk-state-active", "tag ok", "desk-seen-active"),
        UserState::Blocked => ("desk-state-blocked", "tag ng", "desk-seen-blocked"),
    };
    view::UserLine {
        id: hex(&row.id.0),
        login: row.account.login.to_string(),
        name: row.account.name.clone(),
        mail: row.account.mail.clone(),
        state: page.t(state),
        tag,
        seen: page.t1(seen, "time", &date::minute(page.words, row.at)),
        dormant,
        blocked: row.state == UserState::Blocked,
    }
}

/// The contracts of the centre, for who may see them.
async fn organisations(seat: &Seat) -> Result<Vec<OrganisationRow>, Stop> {
    if seat.office.terminals().is_err() {
        return Err(seat.visit.not_found());
    }
    if !seat.acting.officer.roles.contains(Role::Audit) {
        seat.must(Role::Administration)?;
    }
    let rows = seat.visit.portal.store().organisations(&seat.office.id).await;
    rows.map_err(|fault: Fault| seat.fault(&fault))
}

/// One of them. That of another centre is not there (A17).
async fn organisation(seat: &Seat, id: &str) -> Result<OrganisationRow, Stop> {
    let id = unhex(id).map(OrganisationId);
    let rows = organisations(seat).await?;
    rows.into_iter()
        .find(|row| Some(row.id) == id)
        .ok_or_else(|| seat.visit.not_found())
}

async fn user_of(seat: &Seat, organisation_id: &str, user: &str) -> Result<UserRow, Stop> {
    let row = organisation(seat, organisation_id).await?;
    let user = unhex(user).map(UserId);
    let users = seat.visit.portal.store().users(row.id).await;
    let users = users.map_err(|fault: Fault| seat.fault(&fault))?;
    users
        .into_iter()
        .find(|row| Some(row.id) == user)
        .ok_or_else(|| seat.visit.not_found())
}

/// A login ID as it was typed, or what is wrong with it.
pub(super) fn login_of(typed: &str) -> Option<LoginId> {
    LoginId::typed(typed)
}
