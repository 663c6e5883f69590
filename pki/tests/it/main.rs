//! The crate against foreign judges: OpenSSL, and the `x509-cert` and `cms` crates as second readers.
//!
//! Every DER that is made here is also written into the folder that `KAGIMORI_DER_DIR` names (`cert/`, `crl/`, `ocsp/`,
//! `cms/`), where pkilint reads all of them at the end.
#![allow(
    clippy::unwrap_used,
    reason = "a test ends where what it takes for granted does not hold"
)]

mod authority;
mod judge;

mod cards;
mod certificates_only;
mod citizens;
mod cmp_client;
mod cmp_door;
mod cmp_messages;
mod cmp_openssl;
mod cms_signatures;
mod enrolment_requests;
mod keys;
mod linting;
mod lists;
mod made;
mod malformed;
mod names;
mod path_names;
mod path_status;
mod paths;
mod pinned_issuers;
mod pkcs12_files;
mod post_quantum;
mod requests;
mod responder;
mod serials;
mod signing;
mod terminals;
mod validity;
mod weak_rsa;
mod wycheproof;
