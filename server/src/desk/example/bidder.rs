//! Bidders at an example ordering body: a company that is registered with its card, and a renewal that both cards have
//! signed.

use casework::identity::RegistrationId;
use casework::register::BusinessNumber;
use casework::registration::{self, Form, Kind};
use casework::renewal;
use wire::office::Language;

use super::{ExampleCard, ExampleFault, ORIGIN};
use crate::desk::card::ShownCard;
use crate::desk::evidence::{self, CompanyProof, Signature};
use crate::desk::registration::{Command as Register, Registration};
use crate::desk::renewal::{Command as Renew, Renewal};
use crate::desk::{Actor, CaseId, Desk, Procedure as _};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::store::{CardRow, Proof};

/// Who registers a company's card.
#[derive(Clone, Copy, Debug)]
pub struct ExampleBidder<'a> {
    /// 業者番号, as the register has it.
    pub number: &'a str,
    /// 部署名
    pub department: &'a str,
    /// 連絡先氏名
    pub name: &'a str,
    /// 連絡先電話番号
    pub phone: &'a str,
    /// 連絡先メールアドレス
    pub mail: &'a str,
}

/// What became of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in force.
    InForce,
    /// It waits for an officer.
    Held,
}

impl Desk {
    /// 登録: the card is shown, the company proves itself with the code of a letter, and the card signs the application.
    pub async fn example_registration<C: ExampleCard>(
        &self,
        office: &str,
        bidder: &ExampleBidder<'_>,
        card: &mut C,
    ) -> Result<(RegistrationId, Outcome), ExampleFault<C::Fault>> {
        let office = self.example_office(office)?;
        let shown = self.example_shown(&office, card).await?;
        let request = self.challenge(&office, Registration::NOUN, ("ICカードの確認", "Checking the IC card"));
        let message =
            wire::card_request::authentication_message(ORIGIN, &request, &shown.authentication().fingerprint());
        let answer = card.authenticate(&message).map_err(ExampleFault::Card)?;
        let presented = evidence::presented_card(ORIGIN, &request, &shown, &answer, self.clock().now())?;
        let id: CaseId<Registration> = self.new_case();
        let holder = Actor::Holder { session: id.octets() };
        let open = Register::Open {
            office: office.id.clone(),
            language: Language::Ja,
            kind: Kind::New,
            presented,
            card: Box::new(CardRow::from(&shown)),
        };
        self.perform(&holder, id, &open).await?;
        let number = BusinessNumber::parse(bidder.number).ok_or_else(|| ExampleFault::Wrong("業者番号".to_owned()))?;
        let (code, _) = self
            .give_letter_code(&super::OPERATOR, &office.id, &number)
            .await?
            .ok_or_else(|| ExampleFault::Wrong(format!("no company {number}")))?;
        let CompanyProof::Proved(proved) = self
            .prove_company(&office, &number, Proof::Code(&code.written()))
            .await?
        else {
            return Err(ExampleFault::Wrong(format!("{number} is not qualified")));
        };
        self.perform(&holder, id, &Register::Prove(proved)).await?;
        let contact = bidder
            .form()
            .check()
            .map_err(|complaints| ExampleFault::Wrong(format!("{complaints:?}")))?;
        self.perform(&holder, id, &Register::Enter(Box::new(contact))).await?;
        let ask = Register::Ask { language: Language::Ja };
        let registration::Case::Awaiting { text, .. } = self.perform(&holder, id, &ask).await?.case else {
            return Err(unsigned());
        };
        let signed = self.example_signature(id.octets(), text, &shown, card).await?;
        let done = self.perform(&holder, id, &Register::Confirm(signed)).await?;
        let outcome = match done.case {
            registration::Case::Held { .. } => Outcome::Held,
            _ => Outcome::InForce,
        };
        Ok((RegistrationId(id.octets()), outcome))
    }

    /// ICカード更新: the current card and the new one sign one ceremony, and the new one signs the page of 更新.
    pub async fn example_renewal<C: ExampleCard>(
        &self,
        office: &str,
        registration: RegistrationId,
        [old, new]: [&mut C; 2],
    ) -> Result<Outcome, ExampleFault<C::Fault>> {
        let office = self.example_office(office)?;
        let (from, to) = (
            self.example_shown(&office, old).await?,
            self.example_shown(&office, new).await?,
        );
        let begun = self.begin_ceremony(&office, registration, &from, Language::Ja);
        let continued = self
            .ceremony_continued(&office, &begun, &to, Language::Ja)
            .ok_or_else(|| Fault::Bug(Bug("a text of ours is none of ours".to_owned())))?;
        let now = self.clock().now();
        let signatures = [
            old.sign(&begun, now).map_err(ExampleFault::Card)?,
            new.sign(&continued, now).map_err(ExampleFault::Card)?,
        ];
        let both = evidence::read_both(&office, [begun, continued], signatures, now)?;
        let id: CaseId<Renewal> = self.new_case();
        let holder = Actor::Holder { session: id.octets() };
        let open = Renew::Open {
            office: office.id.clone(),
            language: Language::Ja,
            both: Box::new(both),
            cards: Box::new([CardRow::from(&from), CardRow::from(&to)]),
            person: None,
        };
        self.perform(&holder, id, &open).await?;
        let ask = Renew::Ask { language: Language::Ja };
        let renewal::Case::Awaiting { text, .. } = self.perform(&holder, id, &ask).await?.case else {
            return Err(unsigned());
        };
        let signed = self.example_signature(id.octets(), text, &to, new).await?;
        Ok(match self.perform(&holder, id, &Renew::Confirm(signed)).await?.case {
            renewal::Case::Held { .. } => Outcome::Held,
            _ => Outcome::InForce,
        })
    }

    async fn example_shown<C: ExampleCard>(
        &self,
        office: &Office,
        card: &C,
    ) -> Result<ShownCard, ExampleFault<C::Fault>> {
        let [authentication, signature] = card.certificates();
        Ok(self.card_shown(office, &authentication, &signature).await?)
    }

    /// The card's signature over a text that went out for it.
    async fn example_signature<C: ExampleCard>(
        &self,
        case: [u8; 16],
        text: casework::identity::Digest,
        shown: &ShownCard,
        card: &mut C,
    ) -> Result<Signature, ExampleFault<C::Fault>> {
        let text = self.store().text(case, text).await?;
        let text = text.ok_or_else(|| Fault::Bug(Bug("the text that went out is not kept".to_owned())))?;
        let now = self.clock().now();
        let cms = card.sign(&text, now).map_err(ExampleFault::Card)?;
        Ok(evidence::possession(cms, &text, shown.card().card, now)?)
    }
}

impl ExampleBidder<'_> {
    fn form(&self) -> Form {
        Form {
            department: self.department.to_owned(),
            name: self.name.to_owned(),
            phone: self.phone.to_owned(),
            fax: String::new(),
            mail: self.mail.to_owned(),
            mail_again: self.mail.to_owned(),
        }
    }
}

fn unsigned<C: std::error::Error>() -> ExampleFault<C> {
    ExampleFault::Wrong("no text went out for signature".to_owned())
}
