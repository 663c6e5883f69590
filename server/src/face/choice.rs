//! Which provider an office has chosen, as its file says it under `[citizen.face]`.

use std::path::PathBuf;

/// Who compares faces at an office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The least score that is taken for one person, in thousandths.
    pub threshold: u16,
    /// Who compares.
    pub provider: Provider,
}

/// A provider, and what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provider {
    /// The baseline that nothing was learnt for; not for production.
    Lbph,
    /// A vendor's service.
    Http {
        /// Where it is asked: `https://`, and `http://` on this machine alone.
        url: String,
        /// A file with what it wants in `Authorization: Bearer`.
        token: Option<PathBuf>,
        /// A file with the certificates in PEM under which its own was issued; else the system's.
        trust: Option<PathBuf>,
    },
    /// The operator's own models.
    Onnx {
        /// What makes numbers of a face.
        embedding: Model,
        /// What finds faces.
        detector: Option<Model>,
    },
}

/// A model file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Where it is.
    pub path: PathBuf,
    /// What its octets hash to; a file of others is not loaded.
    pub sha256: [u8; 32],
    /// The order of colours that it was made for.
    pub order: Order,
    /// What is taken from each sample of 0 to 255, in tenths.
    pub mean: u16,
    /// By what the rest is divided, in tenths.
    pub scale: u16,
}

/// The order of colours that a model was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}
