//! 再発行理由 as it is typed (DOMAIN §6.5). 申込担当者 has a form of its own, [`applicant`](crate::applicant).

use super::state::Cause;
use crate::application::Complaint;
use crate::width;

impl Cause {
    /// 再発行理由 by its key, with the words of その他の理由: 全角 1 to 100 (A21). The words of another reason are not kept.
    pub fn check(key: &str, words: &str, words_for_other: bool) -> Result<Self, Complaint> {
        match key {
            "" => Err(Complaint::Empty),
            "expired" => Ok(Self::Expired),
            "exchanged" => Ok(Self::Exchanged),
            "other" if words.trim().is_empty() && !words_for_other => Ok(Self::Other(None)),
            "other" => width::full(words, 100).map(|words| Self::Other(Some(words))),
            _ => Err(Complaint::NotOffered),
        }
    }
}
