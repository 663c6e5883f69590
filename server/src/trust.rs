//! Which issuers an office accepts, and what became of their certificates (DOMAIN §2.3, DESIGN §3.7).

mod issuer;

pub use issuer::{NotAnIssuer, PinnedIssuer};
