//! The year that the service centre has behind it: a company whose applications and terminals stand in every state, each
//! brought there by the company, the examiner, the terminal and the mornings.

use crate::clock::Past;
use crate::hand::Held;
use anyhow::{Context, Result};
use serde::Serialize;
use server::desk::Desk;
use server::desk::example::{
    Application, ExampleApplicant, ExampleExaminer, ExampleTerminal, ExampleUser, Reason, Verdict, Wished,
};

/// A terminal as the start page tells of it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Told {
    /// 論理端末名
    pub(crate) name: &'static str,
    /// How it stands with it.
    pub(crate) ja: &'static str,
    /// The same in English.
    pub(crate) en: &'static str,
}

/// The company's people and the examiner, in the time before the demo begins.
pub(crate) struct Year<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) contract: &'a str,
    pub(crate) applicant: ExampleApplicant<'a>,
    pub(crate) user: &'a ExampleUser<'a>,
    pub(crate) examiner: ExampleExaminer<Held>,
    pub(crate) past: Past,
    /// How many days before the demo it is.
    pub(crate) ago: i32,
}

impl Year<'_> {
    /// Goes through it, and ends in the present; says which application is a draft.
    pub(crate) async fn passes(mut self) -> Result<String> {
        let desk = self.desk;
        self.assigned(EARLY).await?;
        self.reissued(&["44440D"]).await?;
        self.acquired_and_used("44440D").await?;
        // Two months for the acquisition, and a long weekend.
        self.is(80);
        self.reissued(&["44440E"]).await?;
        self.until(20).await?;
        self.assigned(LATE).await?;
        self.reissued(&["44440A", "44440B", "44440C"]).await?;
        desk.example_acquisition(&self.applicant, "44440B")
            .await
            .context("44440B acquires")?;
        self.acquired_and_used("44440C").await?;
        let withdrawn = self.applied(&["33330A"]).await?;
        desk.example_withdrawal(&self.applicant, withdrawn)
            .await
            .context("the withdrawal")?;
        let needless = self.applied(&["33330B"]).await?;
        self.ruled(needless, Verdict::Deny(Box::new(reason("not_needed"))))
            .await?;
        self.until(1).await?;
        desk.example_login(self.applicant.office, self.user)
            .await
            .context("the login")?;
        self.applied(&["33330C"]).await?;
        let examined = self.applied(&["33330D"]).await?;
        let returned = self.applied(&["33330E"]).await?;
        self.ruled(returned, Verdict::Return(Box::new(reason("terminals"))))
            .await?;
        let approved = self.applied(&["33330F"]).await?;
        self.ruled(approved, Verdict::Approve).await?;
        let Self {
            applicant,
            mut examiner,
            past,
            ..
        } = self;
        let today = past.today();
        past.ends();
        desk.example_officer_login(applicant.office, examiner.officer, &mut examiner.card)
            .await
            .context("the examiner's login")?;
        desk.example_claim(&examiner, examined)
            .await
            .context("the application that is examined")?;
        let wished = Wished {
            terminals: &["33330B"],
            after: today,
        };
        let draft = desk.example_draft(&applicant, wished).await.context("the draft")?;
        Ok(draft.to_string())
    }

    /// The company gets these terminals.
    async fn assigned(&self, terminals: &[ExampleTerminal<'static>]) -> Result<()> {
        // As they stand today, told from the day that it is.
        let then = |one: &ExampleTerminal<'static>| ExampleTerminal {
            issued: one.issued - self.ago,
            ends: one.ends + self.ago,
            ..*one
        };
        let then: Vec<_> = terminals.iter().map(then).collect();
        self.desk
            .example_terminals(self.applicant.office, self.contract, &then)
            .await
            .context("the company's terminals")
    }

    /// An application that waits for the examiner.
    async fn applied(&self, terminals: &[&str]) -> Result<Application> {
        // What is wished for shall not be over when the demo begins.
        let after = if self.ago > 1 {
            self.past.today().plus(-self.ago)
        } else {
            self.past.today()
        };
        self.desk
            .example_application(&self.applicant, Wished { terminals, after })
            .await
            .with_context(|| format!("the application for {}", terminals.join(", ")))
    }

    async fn ruled(&mut self, application: Application, verdict: Verdict) -> Result<()> {
        self.desk
            .example_ruling(&mut self.examiner, application, verdict)
            .await
            .context("the examiner's decision")
    }

    /// Applied for and approved; the morning of its day has come.
    async fn reissued(&mut self, terminals: &[&str]) -> Result<()> {
        let application = self.applied(terminals).await?;
        self.ruled(application, Verdict::Approve).await?;
        while !self.another_morning().await? {}
        Ok(())
    }

    async fn acquired_and_used(&self, terminal: &str) -> Result<()> {
        let acquired = self.desk.example_acquisition(&self.applicant, terminal).await;
        let acquired = acquired.with_context(|| format!("{terminal} acquires"))?;
        let works = self.desk.example_installation(&acquired).await;
        works.with_context(|| format!("{terminal} works with its certificate"))
    }

    async fn until(&mut self, ago: i32) -> Result<()> {
        while self.ago > ago {
            self.another_morning().await?;
        }
        Ok(())
    }

    /// The next day comes, with what it brings; whether anything was reissued.
    async fn another_morning(&mut self) -> Result<bool> {
        self.is(self.ago - 1);
        let reissued = self.desk.keep_mornings().await.context("the morning")?;
        self.desk.wake_grants().await.context("what only time brings")?;
        Ok(reissued > 0)
    }

    fn is(&mut self, ago: i32) {
        self.ago = ago;
        self.past.is(ago);
    }
}

fn reason(key: &str) -> Reason {
    Reason {
        key: key.to_owned(),
        remark: None,
    }
}

/// So many days before the demo the company's year begins: what is acquired in its first days ends within four weeks, and
/// ten closed days in a row change nothing of that.
pub(crate) const BEGINS: i32 = 355;

/// How it stands with the company's terminals when the demo begins.
pub(crate) const TOLD: [Told; 11] = [
    Told {
        name: "33330A",
        ja: "有効期限切れ。申込は取り下げました（取下げ）。もう一度申し込めます。",
        en: "Lapsed. Its application was withdrawn; it can be applied for again.",
    },
    Told {
        name: "33330B",
        ja: "有効。申込は不承認になりました（不承認）。新しい申込を入力しています（下書き）。",
        en: "Valid. Its application was denied; another one is being entered (draft).",
    },
    Told {
        name: "33330C",
        ja: "申込を受け付けました（受付）。",
        en: "Applied for: waits for an examiner.",
    },
    Told {
        name: "33330D",
        ja: "森田 真司さんが審査しています（審査中）。",
        en: "Applied for: MORITA Shinji examines it.",
    },
    Told {
        name: "33330E",
        ja: "申込に確認事項があります（確認事項あり）。修正または取り下げができます。",
        en: "Given back to the applicant, who corrects or withdraws it.",
    },
    Told {
        name: "33330F",
        ja: "承認されました（審査終了）。再発行希望日の朝に再発行されます。",
        en: "Approved: the morning of its day reissues it.",
    },
    Told {
        name: "44440A",
        ja: "再発行が完了し、取得を待っています（取得可能）。",
        en: "Reissued: waits for its acquisition.",
    },
    Told {
        name: "44440B",
        ja: "取得済み。まだ使われていません。",
        en: "Acquired, not yet used.",
    },
    Told {
        name: "44440C",
        ja: "取得済み。端末で使われています。",
        en: "Acquired, and the terminal works with it.",
    },
    Told {
        name: "44440D",
        ja: "更新できる期間に入りました。",
        en: "Within the time of its renewal.",
    },
    Told {
        name: "44440E",
        ja: "2か月以内に取得されず、停止しました（未取得停止）。",
        en: "Not acquired within two months: suspended.",
    },
];

/// What the company had when the centre's year began, as it stands today: lapsed.
const EARLY: &[ExampleTerminal<'static>] = &[
    terminal("44440D", "webNACCS", 725, -360),
    terminal("44440E", "netNACCS", 725, -360),
];
/// What it got lately: lapsed, long valid, about to lapse.
const LATE: &[ExampleTerminal<'static>] = &[
    terminal("33330A", "webNACCS", 380, -15),
    terminal("33330B", "webNACCS", 200, 165),
    terminal("33330C", "webNACCS", 362, 3),
    terminal("33330D", "netNACCS", 361, 4),
    terminal("33330E", "webNACCS", 360, 5),
    terminal("33330F", "webNACCS", 359, 6),
    terminal("44440A", "webNACCS", 367, -2),
    terminal("44440B", "webNACCS", 366, -1),
    terminal("44440C", "netNACCS", 364, 1),
];

const fn terminal(name: &'static str, device: &'static str, issued: i32, ends: i32) -> ExampleTerminal<'static> {
    ExampleTerminal {
        division: "海上",
        device,
        name,
        issued,
        ends,
    }
}
