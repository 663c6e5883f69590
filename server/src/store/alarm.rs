//! Alarms that stand, and those that ended: each is told once when it begins and once when it ends.

use casework::time::Instant;

use super::Store;
use super::database::{Connection, statements, values};
use super::errand::{self, Errand, NewErrand};
use crate::fault::Fault;

/// Something that will hurt, or hurts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmRow {
    /// Fresh.
    pub id: [u8; 16],
    /// What was looked at.
    pub what: String,
    /// Which one.
    pub about: String,
    /// The node that sees it, for what is of one machine; empty for what all nodes see.
    pub node: String,
    /// How it is.
    pub state: String,
    /// What that means.
    pub says: String,
    /// Since when.
    pub began_at: Instant,
}

/// A mail to the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorMail {
    /// The sender.
    pub from: String,
    /// The operator.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Lines.
    pub body: String,
}

impl Store {
    /// The alarms that stand.
    pub async fn alarms(&self) -> Result<Vec<AlarmRow>, Fault> {
        let mut connection = self.reader().await?;
        let rows = connection.rows(OPEN, values![]).await?;
        rows.iter()
            .map(|row| {
                Ok(AlarmRow {
                    id: row.octets("id")?,
                    what: row.column("what")?,
                    about: row.column("about")?,
                    node: row.column("node")?,
                    state: row.column("state")?,
                    says: row.column("says")?,
                    began_at: Instant(row.column("began_at")?),
                })
            })
            .collect()
    }

    /// It begins, and a mail says so; `false`, and nothing, if it stands already.
    pub async fn begin_alarm(&self, alarm: AlarmRow, mail: Option<(OperatorMail, [u8; 16])>) -> Result<bool, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let begun = connection
                        .execute(
                            BEGIN,
                            values![
                                &alarm.id,
                                &alarm.what,
                                &alarm.about,
                                &alarm.node,
                                &alarm.state,
                                &alarm.says,
                                alarm.began_at.0,
                            ],
                        )
                        .await?;
                    if begun == 1 {
                        tell(connection, &alarm.id, mail, alarm.began_at).await?;
                    }
                    Ok(begun == 1)
                })
            })
            .await
    }

    /// It ends, and a mail says so; nothing, if it has ended already.
    pub async fn end_alarm(
        &self,
        id: [u8; 16],
        mail: Option<(OperatorMail, [u8; 16])>,
        at: Instant,
    ) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if connection.execute(END, values![&id, at.0]).await? == 1 {
                        tell(connection, &id, mail, at).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// The latest time that was signed or recorded: no clock of ours may be before it.
    pub async fn last_time(&self) -> Result<Option<Instant>, Fault> {
        let row = self.reader().await?.searched(LAST_TIME, values![]).await?;
        let at = row.map_or(Ok(None), |row| row.column::<Option<i64>>("at"))?;
        Ok(at.map(Instant))
    }
}

async fn tell(
    connection: &mut Connection,
    alarm: &[u8; 16],
    mail: Option<(OperatorMail, [u8; 16])>,
    at: Instant,
) -> Result<(), Fault> {
    let Some((mail, id)) = mail else { return Ok(()) };
    let errand = Errand::ToOperator(Box::new(mail));
    errand::queue(connection, alarm, &NewErrand { id, errand }, at).await
}

statements! {
    OPEN = "SELECT id, what, about, node, state, says, began_at FROM alarm WHERE ended_at IS NULL ORDER BY began_at, what, about";
    BEGIN = "INSERT INTO alarm (id, what, about, node, state, says, began_at)
             SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS
                (SELECT 1 FROM alarm WHERE ended_at IS NULL AND what = $2 AND about = $3 AND node = $4)";
    END = "UPDATE alarm SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
    LAST_TIME = "SELECT MAX(at) AS at FROM (SELECT MAX(this_update) AS at FROM crl
                 UNION ALL SELECT at FROM event WHERE sequence = (SELECT MAX(sequence) FROM event)) times";
}
