//! 論理端末: what a certificate of a service centre is for (DOMAIN §6.5, §11.4).

use alloc::format;
use alloc::string::String;
use core::fmt;

use crate::characters::half_width;

/// A terminal of an office. The three together are it: one name may stand in both divisions and on both devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Terminal {
    /// 区分
    pub division: Division,
    /// 利用機器区分
    pub device: Device,
    /// 論理端末名
    pub name: TerminalName,
}

/// 論理端末名: six half-width letters and digits, in capitals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TerminalName([u8; 6]);

/// 区分
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Division {
    /// 海上
    Sea,
    /// 航空
    Air,
}

/// 利用機器区分
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Device {
    /// netNACCS
    NetNaccs,
    /// webNACCS
    WebNaccs,
}

impl Terminal {
    /// 認証コード1: it names the terminal, and is no secret.
    pub fn first_code(&self) -> String {
        format!("{FIRST_CODE}{}", self.name)
    }

    /// 認証コード3: the same for all.
    pub const fn third_code(&self) -> &'static str {
        THIRD_CODE
    }
}

impl TerminalName {
    /// Reads a name as it was typed: full-width letters are written narrow, small ones in capitals. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut letters = [0_u8; 6];
        let mut typed = text.trim().chars().map(half_width);
        for letter in &mut letters {
            *letter = u8::try_from(typed.next()?)
                .ok()
                .filter(u8::is_ascii_alphanumeric)?
                .to_ascii_uppercase();
        }
        typed.next().is_none().then_some(Self(letters))
    }

    /// Reads the 認証コード1 of a terminal of this name.
    pub fn from_first_code(text: &str) -> Option<Self> {
        let narrow: String = text.trim().chars().map(half_width).collect();
        let (mark, name) = narrow.split_at_checked(FIRST_CODE.len())?;
        mark.eq_ignore_ascii_case(FIRST_CODE).then_some(())?;
        Self::parse(name)
    }
}

impl fmt::Display for TerminalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl fmt::Debug for TerminalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TerminalName({self})")
    }
}

impl Division {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sea, Self::Air];

    /// Its key in rows.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Sea => "sea",
            Self::Air => "air",
        }
    }

    /// As it is printed.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Sea => "海上",
            Self::Air => "航空",
        }
    }
}

impl Device {
    /// Both.
    pub const ALL: [Self; 2] = [Self::NetNaccs, Self::WebNaccs];

    /// Its key in rows.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NetNaccs => "netnaccs",
            Self::WebNaccs => "webnaccs",
        }
    }

    /// As it is printed.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NetNaccs => "netNACCS",
            Self::WebNaccs => "webNACCS",
        }
    }
}

const FIRST_CODE: &str = "NAC";
const THIRD_CODE: &str = "NACCS";
