//! Name constraints (RFC 5280 §4.2.1.10): which names a CA above may have certified below it.
//!
//! A name that cannot be understood lies in no permitted subtree, and may lie in any excluded one: in doubt it is refused
//! (THREATS P8). Every comparison counts (P3).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use super::names::{self, Host};
use super::outcome::Fault;
use super::work::{Exhausted, Work};
use crate::ObjectIdentifier;
use crate::certificate::Certificate;
use crate::extension::path::{NameConstraints, Subtrees};
use crate::general_name::GeneralName;
use crate::name::Prepared;
use crate::oid;

/// The first name on the path, leaf first, that a CA above it may not certify; and whose it is.
pub(super) fn fault_of(path: &[Certificate], work: &Work) -> Result<Option<(Fault, Certificate)>, Exhausted> {
    for (place, issuer) in path.iter().enumerate() {
        let (Some(constraints), Some(below)) = (&issuer.extensions().name_constraints, path.get(..place)) else {
            continue;
        };
        let constraints = Constraints::of(constraints);
        for (place, certificate) in below.iter().enumerate() {
            // RFC 5280 §6.1.3 (b): a CA's certificate for itself is not constrained, unless it is the last.
            if place > 0 && certificate.is_self_issued() {
                continue;
            }
            if let Some(name) = constraints.refused(certificate, work)? {
                let fault = Fault::NameConstraint(format!("{} may not certify the name {name}", issuer.subject()));
                return Ok(Some((fault, certificate.clone())));
            }
        }
    }
    Ok(None)
}

/// The constraints of one CA, each form by itself.
struct Constraints<'a> {
    permitted: Bases<'a>,
    excluded: Bases<'a>,
}

#[derive(Default)]
struct Bases<'a> {
    mail: Vec<&'a str>,
    dns: Vec<&'a str>,
    uri: Vec<&'a str>,
    ip: Vec<&'a [u8]>,
    directory: Vec<Prepared>,
    other: Vec<ObjectIdentifier>,
    unknown: Vec<u8>,
}

impl<'a> Constraints<'a> {
    fn of(constraints: &'a NameConstraints) -> Self {
        Self {
            permitted: Bases::of(&constraints.permitted),
            excluded: Bases::of(&constraints.excluded),
        }
    }

    /// The first name of a certificate that is refused, as a message shows it.
    fn refused(&self, certificate: &Certificate, work: &Work) -> Result<Option<String>, Exhausted> {
        let subject = certificate.subject();
        if !subject.is_empty() && !self.allow_directory(&subject.prepared(), work)? {
            return Ok(Some(subject.to_string()));
        }
        // RFC 5280 has the addresses in a subject constrained where there is no subjectAltName; they are read as addresses
        // where there is one too, so they are constrained always.
        for (kind, text) in subject.texts() {
            if let (oid::EMAIL_ADDRESS, Some(address)) = (kind, text)
                && !self.allow_mail(address, work)?
            {
                return Ok(Some(address.to_owned()));
            }
        }
        for name in certificate.extensions().alternatives.iter() {
            let allowed = match &name {
                GeneralName::Mail(address) => self.allow_mail(address, work)?,
                GeneralName::Dns(name) => self.allow_dns(name, work)?,
                GeneralName::Uri(uri) => self.allow_uri(uri, work)?,
                GeneralName::Ip(address) => self.allow_ip(address, work)?,
                GeneralName::Directory(name) => self.allow_directory(&name.prepared(), work)?,
                GeneralName::Other(kind, value) => self.allow_other(*kind, value, work)?,
                // RFC 5280 §4.2.1.10: a constraint that cannot be applied refuses.
                GeneralName::Unknown(tag) => {
                    work.comparison()?;
                    !self.permitted.unknown.contains(tag) && !self.excluded.unknown.contains(tag)
                }
            };
            if !allowed {
                return Ok(Some(names::shown(&name)));
            }
        }
        Ok(None)
    }

    fn allow_mail(&self, address: &str, work: &Work) -> Result<bool, Exhausted> {
        let (permitted, excluded) = (&self.permitted.mail, &self.excluded.mail);
        allow(
            work,
            permitted,
            excluded,
            names::mail_is_within(address),
            names::mail_may_be_within(address),
        )
    }

    fn allow_dns(&self, name: &str, work: &Work) -> Result<bool, Exhausted> {
        let (permitted, excluded) = (&self.permitted.dns, &self.excluded.dns);
        allow(
            work,
            permitted,
            excluded,
            names::dns_is_within(name),
            names::dns_may_be_within(name),
        )
    }

    fn allow_uri(&self, uri: &str, work: &Work) -> Result<bool, Exhausted> {
        let (permitted, excluded) = (&self.permitted.uri, &self.excluded.uri);
        if permitted.is_empty() && excluded.is_empty() {
            return Ok(true);
        }
        // RFC 5280 §4.2.1.10: without a host's name, a constraint refuses.
        let Some(host) = Host::of_uri(uri) else {
            return Ok(false);
        };
        allow(
            work,
            permitted,
            excluded,
            |base| host.is_within(base),
            |base| host.is_within(base),
        )
    }

    fn allow_ip(&self, address: &[u8], work: &Work) -> Result<bool, Exhausted> {
        let (permitted, excluded) = (&self.permitted.ip, &self.excluded.ip);
        allow(
            work,
            permitted,
            excluded,
            |base| names::ip_is_within(address, base),
            |base| {
                // An IPv4 address as IPv6 writes it (RFC 4291 §2.5.5.2) reaches the same host.
                let mapped = address.strip_prefix(&names::IPV4_MAPPED);
                names::ip_is_within(address, base) || mapped.is_some_and(|address| names::ip_is_within(address, base))
            },
        )
    }

    fn allow_directory(&self, name: &Prepared, work: &Work) -> Result<bool, Exhausted> {
        let (permitted, excluded) = (&self.permitted.directory, &self.excluded.directory);
        allow(
            work,
            permitted,
            excluded,
            |base| name.is_within(base),
            |base| name.is_within(base),
        )
    }

    fn allow_other(&self, kind: ObjectIdentifier, value: &[u8], work: &Work) -> Result<bool, Exhausted> {
        work.comparison()?;
        if kind == oid::SMTP_UTF8_MAILBOX {
            // RFC 9598 §6: constrained as rfc822Name is. What is not ASCII is in no subtree that can be written.
            let address = names::utf8_mailbox(value).unwrap_or_default();
            return self.allow_mail(address, work);
        }
        Ok(!self.permitted.other.contains(&kind) && !self.excluded.other.contains(&kind))
    }
}

impl<'a> Bases<'a> {
    fn of(subtrees: &'a Subtrees) -> Self {
        let mut bases = Self::default();
        for base in subtrees.iter() {
            match base {
                GeneralName::Mail(base) => bases.mail.push(base),
                GeneralName::Dns(base) => bases.dns.push(base),
                GeneralName::Uri(base) => bases.uri.push(base),
                GeneralName::Ip(base) => bases.ip.push(base),
                GeneralName::Directory(base) => bases.directory.push(base.prepared()),
                GeneralName::Other(kind, _) => bases.other.push(kind),
                GeneralName::Unknown(tag) => bases.unknown.push(tag),
            }
        }
        bases
    }
}

/// A name is allowed if no excluded subtree may hold it, and a permitted one does where there is any.
fn allow<T>(
    work: &Work,
    permitted: &[T],
    excluded: &[T],
    is_within: impl Fn(&T) -> bool,
    may_be_within: impl Fn(&T) -> bool,
) -> Result<bool, Exhausted> {
    for base in excluded {
        work.comparison()?;
        if may_be_within(base) {
            return Ok(false);
        }
    }
    for base in permitted {
        work.comparison()?;
        if is_within(base) {
            return Ok(true);
        }
    }
    Ok(permitted.is_empty())
}
