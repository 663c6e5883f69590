//! Kagimori's server: it remembers. Store, desk, errands, portal, CRL and OCSP.

pub mod alarm;
pub mod api;
pub mod audit;
pub mod authority;
pub mod backup;
pub mod catalogue;
pub mod chance;
pub mod cli;
pub mod clock;
pub mod config;
pub mod desk;
pub mod doctor;
pub mod errand;
pub mod fault;
pub mod journal;
pub mod letter;
pub mod log;
pub mod metrics;
pub mod office;
pub mod portal;
pub mod print;
pub mod retention;
pub mod serve;
pub mod store;
pub mod validation;
pub mod webauthn;
