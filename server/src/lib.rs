//! Kagimori's server: it remembers. Store, desk, errands, portal, CRL and OCSP.

pub mod catalogue;
pub mod chance;
pub mod clock;
pub mod config;
pub mod desk;
pub mod fault;
pub mod journal;
pub mod office;
pub mod print;
pub mod store;
