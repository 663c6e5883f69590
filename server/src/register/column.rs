//! The columns of the file, by their Japanese and their English names.

use super::{FIELDS, NoSheet};

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Number,
    Name,
    NameKana,
    Address,
    Representative,
    Delegate,
    DelegateFrom,
    DelegateUntil,
    CorporateNumber,
    ValidFrom,
    ValidUntil,
    Password,
}

impl Column {
    const ALL: [Self; 12] = [
        Self::Number,
        Self::Name,
        Self::NameKana,
        Self::Address,
        Self::Representative,
        Self::Delegate,
        Self::DelegateFrom,
        Self::DelegateUntil,
        Self::CorporateNumber,
        Self::ValidFrom,
        Self::ValidUntil,
        Self::Password,
    ];

    /// Its name, as complaints say it.
    pub(super) const fn header(self) -> &'static str {
        match self {
            Self::Number => "登録番号",
            Self::Name => "商号又は名称",
            Self::NameKana => "フリガナ",
            Self::Address => "所在地",
            Self::Representative => "代表者氏名",
            Self::Delegate => "受任者氏名",
            Self::DelegateFrom => "委任開始日",
            Self::DelegateUntil => "委任終了日",
            Self::CorporateNumber => "法人番号",
            Self::ValidFrom => "有効期間開始日",
            Self::ValidUntil => "有効期間終了日",
            Self::Password => "登録用パスワード",
        }
    }

    /// Its other names.
    const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Number => &["業者番号", "number"],
            Self::Name => &["商号または名称", "name"],
            Self::NameKana => &["商号又は名称（フリガナ）", "カナ", "name_kana"],
            Self::Address => &["住所", "address"],
            Self::Representative => &["代表者", "representative"],
            Self::Delegate => &["受任者", "delegate"],
            Self::DelegateFrom => &["delegate_from"],
            Self::DelegateUntil => &["delegate_until"],
            Self::CorporateNumber => &["corporate_number"],
            Self::ValidFrom => &["valid_from"],
            Self::ValidUntil => &["valid_until"],
            Self::Password => &["password"],
        }
    }

    /// The column of a form's field.
    pub(super) fn of(field: &str) -> Self {
        Self::called(field).unwrap_or(Self::Number)
    }

    /// The form's field, where the form has one.
    pub(super) fn field(self) -> Option<&'static str> {
        let names = self.aliases();
        FIELDS.into_iter().find(|field| names.contains(field))
    }

    const fn must_be_there(self) -> bool {
        matches!(
            self,
            Self::Number | Self::Name | Self::Representative | Self::ValidFrom | Self::ValidUntil
        )
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
