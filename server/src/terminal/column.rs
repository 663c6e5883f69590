//! The columns of the file, by their Japanese and their English names.

use super::NoSheet;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Contract,
    Division,
    Device,
    Name,
    FirstCode,
    SecondCode,
    ThirdCode,
    Issued,
    Until,
}

impl Column {
    const ALL: [Self; 9] = [
        Self::Contract,
        Self::Division,
        Self::Device,
        Self::Name,
        Self::FirstCode,
        Self::SecondCode,
        Self::ThirdCode,
        Self::Issued,
        Self::Until,
    ];

    /// Its name, as complaints say it.
    pub(super) const fn header(self) -> &'static str {
        match self {
            Self::Contract => "契約番号",
            Self::Division => "区分",
            Self::Device => "利用機器区分",
            Self::Name => "論理端末名",
            Self::FirstCode => "認証コード1",
            Self::SecondCode => "認証コード2",
            Self::ThirdCode => "認証コード3",
            Self::Issued => "発行日",
            Self::Until => "有効期限",
        }
    }

    /// Its other names.
    const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Contract => &["contract"],
            Self::Division => &["division"],
            Self::Device => &["device"],
            Self::Name => &["terminal"],
            Self::FirstCode => &["認証コード１", "code1"],
            Self::SecondCode => &["認証コード２", "code2"],
            Self::ThirdCode => &["認証コード３", "code3"],
            Self::Issued => &["issued"],
            Self::Until => &["有効期間満了日", "until"],
        }
    }

    const fn must_be_there(self) -> bool {
        matches!(self, Self::Contract | Self::Division | Self::Device | Self::Name)
    }

    fn called(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|column| column.header() == name || column.aliases().contains(&name))
    }
}

/// The columns of a header, in its order.
pub(super) fn header(names: &[String]) -> Result<Vec<Column>, NoSheet> {
    let mut columns = Vec::new();
    for name in names {
        let name = name.trim();
        let column = Column::called(name).ok_or_else(|| NoSheet::Unknown(name.chars().take(40).collect()))?;
        if columns.contains(&column) {
            return Err(NoSheet::Twice(column.header()));
        }
        columns.push(column);
    }
    let missing = Column::ALL
        .into_iter()
        .find(|column| column.must_be_there() && !columns.contains(column));
    match missing {
        Some(column) => Err(NoSheet::Missing(column.header())),
        None => Ok(columns),
    }
}

/// All names, for who used another one.
pub(super) fn known() -> String {
    Column::ALL.map(Column::header).join(", ")
}
