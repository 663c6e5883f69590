//! PKIHeader (RFC 9810 §5.1.1).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use super::fault::CmpFault;
use super::protection::Protection;
use crate::decode::{Decoder, Element, Malformed};
use crate::encode::{Encoder, SEQUENCE, context_constructed};
use crate::general_name::GeneralName;
use crate::name::DistinguishedName;
use crate::oid;

/// pvno. Version 3 is version 2 with a hash algorithm in certConf (RFC 9480 §2.20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// cmp2000
    Two,
    /// cmp2021
    Three,
}

/// Sender or recipient: a GeneralName as it stood in the message.
#[derive(Clone, PartialEq, Eq)]
pub struct Party {
    der: Vec<u8>,
    name: Option<DistinguishedName>,
}

/// Names a transaction: 16 to 64 octets that its first message chose.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TransactionId(Vec<u8>);

/// What ties an answer to its question: 16 to 64 fresh octets of whoever sends.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Nonce(Vec<u8>);

/// What stands before the body of a message.
#[derive(Clone, Debug)]
pub struct Header {
    /// The version of the protocol.
    pub version: Version,
    /// Who says he sends.
    pub sender: Party,
    /// To whom.
    pub recipient: Party,
    /// The sender's clock, unix seconds.
    pub time: Option<i64>,
    /// How the message is protected; `None` with a fault where the algorithm is none of ours.
    pub protection: Option<Result<Protection, CmpFault>>,
    /// senderKID: the reference number of a shared secret, or the key identifier of the signer.
    pub sender_key_id: Option<Vec<u8>>,
    /// recipKID
    pub recipient_key_id: Option<Vec<u8>>,
    /// transactionID
    pub transaction: Option<TransactionId>,
    /// senderNonce
    pub sender_nonce: Option<Nonce>,
    /// recipNonce
    pub recipient_nonce: Option<Nonce>,
    /// Whether the sender asks for, or grants, implicit confirmation.
    pub implicit_confirm: bool,
}

impl Header {
    pub(super) fn decode(element: Element<'_>) -> Result<Self, CmpFault> {
        let what = "header of a CMP message";
        let mut fields = element.content();
        let version = match fields.small(what)? {
            2 => Version::Two,
            3 => Version::Three,
            _ => return Err(CmpFault::Version),
        };
        let sender = Party::decode(&mut fields)?;
        let recipient = Party::decode(&mut fields)?;
        let time = explicit(&mut fields, 0, |inside| inside.generalized_time(what))?;
        let protection = explicit(&mut fields, 1, |inside| inside.tagged(SEQUENCE, what))?.map(Protection::decode);
        let octets = |inside: &mut Decoder<'_>| inside.octets(what).map(<[u8]>::to_vec);
        let sender_key_id = explicit(&mut fields, 2, octets)?;
        let recipient_key_id = explicit(&mut fields, 3, octets)?;
        let transaction = explicit(&mut fields, 4, octets)?;
        let sender_nonce = explicit(&mut fields, 5, octets)?;
        let recipient_nonce = explicit(&mut fields, 6, octets)?;
        // freeText is for people, and nobody reads it here.
        fields.optional(context_constructed(7), what)?;
        let implicit_confirm = explicit(&mut fields, 8, |inside| {
            let mut infos = inside.sequence(what)?;
            let mut implicit = false;
            while !infos.is_empty() {
                let mut info = infos.sequence(what)?;
                if info.oid(what)? == oid::CMP_IMPLICIT_CONFIRM {
                    implicit = true;
                    if !info.is_empty() {
                        info.null(what)?;
                    }
                } else if !info.is_empty() {
                    info.any(what)?;
                }
                info.finish(what)?;
            }
            Ok(implicit)
        })?
        .unwrap_or_default();
        fields.finish(what)?;
        let known = |octets: &Vec<u8>| octets.len() <= LONGEST;
        if !sender_key_id.iter().chain(&recipient_key_id).all(known) {
            return Err(Malformed(what).into());
        }
        Ok(Self {
            version,
            sender,
            recipient,
            time,
            protection,
            sender_key_id,
            recipient_key_id,
            transaction: transaction.map(TransactionId::try_from).transpose()?,
            sender_nonce: sender_nonce.map(Nonce::try_from).transpose()?,
            recipient_nonce: recipient_nonce
                .map(Nonce::try_from)
                .transpose()
                .map_err(|_| CmpFault::RecipientNonce)?,
            implicit_confirm,
        })
    }

    pub(super) fn encode(&self, encoder: &mut Encoder) {
        encoder.sequence(|header| {
            header.unsigned(&[match self.version {
                Version::Two => 2,
                Version::Three => 3,
            }]);
            header.raw(&self.sender.der);
            header.raw(&self.recipient.der);
            if let Some(time) = self.time {
                header.context(0, |explicit| explicit.generalized_time(time));
            }
            if let Some(Ok(protection)) = &self.protection {
                header.context(1, |explicit| protection.encode(explicit));
            }
            let octets = [
                (2, self.sender_key_id.as_deref()),
                (3, self.recipient_key_id.as_deref()),
                (4, self.transaction.as_ref().map(TransactionId::as_bytes)),
                (5, self.sender_nonce.as_ref().map(Nonce::as_bytes)),
                (6, self.recipient_nonce.as_ref().map(Nonce::as_bytes)),
            ];
            for (number, octets) in octets {
                if let Some(octets) = octets {
                    header.context(number, |explicit| explicit.octets(octets));
                }
            }
            if self.implicit_confirm {
                header.context(8, |explicit| {
                    explicit.sequence(|infos| {
                        infos.sequence(|info| {
                            info.oid(oid::CMP_IMPLICIT_CONFIRM);
                            info.null();
                        });
                    });
                });
            }
        });
    }
}

impl Party {
    /// Someone with this name.
    pub fn of(name: &DistinguishedName) -> Self {
        Self {
            der: Encoder::der(|party| party.context(4, |directory| directory.raw(name.der()))),
            name: Some(name.clone()),
        }
    }

    /// The name, if it is a directoryName. An empty one is the usual one of who has no certificate yet.
    pub fn name(&self) -> Option<&DistinguishedName> {
        self.name.as_ref()
    }

    fn decode(fields: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let element = fields.any("sender or recipient")?;
        let name = match GeneralName::decode(element)? {
            GeneralName::Directory(name) => Some(name),
            _ => None,
        };
        Ok(Self {
            der: element.whole.to_vec(),
            name,
        })
    }
}

impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "Party({name})"),
            None => f.write_str("Party(..)"),
        }
    }
}

impl TransactionId {
    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for TransactionId {
    type Error = CmpFault;

    fn try_from(octets: Vec<u8>) -> Result<Self, CmpFault> {
        if (SHORTEST..=LONGEST).contains(&octets.len()) {
            Ok(Self(octets))
        } else {
            Err(CmpFault::TransactionId)
        }
    }
}

impl Nonce {
    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Sixteen octets that are fresh and from a cryptographic source.
impl From<[u8; 16]> for Nonce {
    fn from(octets: [u8; 16]) -> Self {
        Self(octets.to_vec())
    }
}

impl TryFrom<Vec<u8>> for Nonce {
    type Error = CmpFault;

    fn try_from(octets: Vec<u8>) -> Result<Self, CmpFault> {
        if (SHORTEST..=LONGEST).contains(&octets.len()) {
            Ok(Self(octets))
        } else {
            Err(CmpFault::SenderNonce)
        }
    }
}

impl std::fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TransactionId(")?;
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))?;
        f.write_str(")")
    }
}

impl std::fmt::Debug for Nonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nonce(..)")
    }
}

/// `[number] EXPLICIT … OPTIONAL`
fn explicit<'a, T>(
    fields: &mut Decoder<'a>,
    number: u8,
    read: impl FnOnce(&mut Decoder<'a>) -> Result<T, Malformed>,
) -> Result<Option<T>, Malformed> {
    let what = "header of a CMP message";
    let Some(mut inside) = fields.context(number, what)? else {
        return Ok(None);
    };
    let value = read(&mut inside)?;
    inside.finish(what)?;
    Ok(Some(value))
}

/// 128 bits (RFC 9483 §3.1).
const SHORTEST: usize = 16;

const LONGEST: usize = 64;
