//! The two families of error that are no refusal: the world failed, or we did (DESIGN, part 3).

/// The world failed. Nothing was acknowledged; what was asked may be asked again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Something outside this process did not answer, or not in time.
    #[error("{what} cannot be reached: {why}")]
    Unreachable {
        /// What was asked.
        what: &'static str,
        /// What it said.
        why: String,
    },
    /// Another one was faster, several times in a row.
    #[error("too many others are writing at the same place")]
    Contended,
    /// The connection broke between the commit and its confirmation: look the result up before asking again.
    #[error("the outcome of the commit is not known: {why}")]
    Unknown {
        /// What broke.
        why: String,
    },
    /// The file system refused or lost a write. The process stops where this happens to the writer.
    #[error("the storage failed: {why}")]
    Storage {
        /// What it said.
        why: String,
    },
    /// A stored row or file does not read as anything this program writes.
    #[error("{what} is corrupt: {why}")]
    Corrupt {
        /// Which row or file.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// It is our fault, and asking again will not help.
    #[error(transparent)]
    Bug(#[from] Bug),
}

/// This program is wrong. Somebody should be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a defect of this program: {0}")]
pub struct Bug(pub String);
