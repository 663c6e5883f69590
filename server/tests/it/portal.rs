//! The portal, page by page: the whole walk of procedure 000, its gates, and what becomes of everything else that is
//! sent to it.

mod browser;
mod guard;
mod made;
mod walk;
