//! Kagimori's server: it remembers. Store, desk, errands, portal, CRL and OCSP.

pub mod office;
