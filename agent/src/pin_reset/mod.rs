//! 署名用暗証番号の初期化・再設定 (source document 004): what the app and the kiosk have in common.

pub(crate) mod citizen;
pub(crate) mod desk;
pub(crate) mod key;
pub(crate) mod reading;
pub(crate) mod screen;
pub(crate) mod told;

pub use desk::{NoOffice, OfficeAddress};
pub use key::{Enrolment, enrol};
