//! The evidence of one case: everything that tells what was asked, who signed it, what was done and what is served since,
//! with the proof that the log says so, for whoever has OpenSSL and nothing of ours.
//!
//! | path | holds |
//! | --- | --- |
//! | `index.json` | what the case is, its events with their salts, and what each file is |
//! | `case.json` | the case as it is stored |
//! | `signed/TIME-DIGEST.txt`, `.p7s` | what was signed, and the detached CMS over it |
//! | `evidence/KIND-DIGEST` | whatever else is kept of the case |
//! | `certificates/TIME-SERIAL.pem` | who signed, and what was revoked |
//! | `authorities.pem` | the authorities by whom those were issued |
//! | `status/TIME-SERIAL.ocsp`, `.issuer` | the answer of today for what was revoked, and the issuer who is asked |
//! | `status/TIME-SERIAL.crl` | the revocation list, where it is not too long |
//! | `letters/NAME.eml`, `post-N.txt` | the letters by mail, written again as they were sent, and those for the post |
//! | `events/NUMBER.event`, `.proof` | what was committed to, and the way from it to the root |
//! | `events/NUMBER.erased`, `.proof` | of an event that was past its time: its commitment, and the event that tells of its erasure |
//! | `checkpoint`, `key.pem` | the signed head of the log, and the key |
//! | `manifest`, `manifest.sig` | SHA-256 of every other file, signed |
//! | `verify.sh` | verifies all of it |
//!
//! TIME is the Unix second at which certificates have to be valid.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use casework::identity::Digest;
use casework::number::Number;
use casework::time::Instant;
use pki::certificate::Certificate;
use pki::ocsp::{HashAlgorithm, IssuerId, Status, Times};
use pki::serial::Serial;
use serde_json::{Value as Json, json};

use super::entry;
use super::export::{self, ExportFault, file_fault};
use super::note::Key;
use super::tree::{self, Frontier, Hash, Node};
use crate::authority::issue::Registrar;
use crate::authority::{AuthorityFault, responder};
use crate::errand;
use crate::fault::Fault;
use crate::store::{Content, EvidenceRow, KeyPurpose, KeyRow, StatusRow, Store};

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// How many events of the case.
    pub events: usize,
    /// How many signed texts.
    pub signed: usize,
    /// How many certificates are shown to be revoked.
    pub revoked: usize,
    /// How many files.
    pub files: usize,
}

/// No evidence was written.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceFault {
    /// Nobody was given this receipt.
    #[error("there is no receipt with the number {0}")]
    NoReceipt(Number),
    /// Nothing can be asked for its status.
    #[error(
        "the authority {0} has no responder that could say what was revoked; serve once with the role errands, which makes one"
    )]
    NoResponder(String),
    /// The log.
    #[error(transparent)]
    Export(#[from] ExportFault),
    /// An authority.
    #[error(transparent)]
    Authority(#[from] AuthorityFault),
    /// A letter.
    #[error("a letter cannot be written again: {0}")]
    Letter(String),
    /// A certificate on record does not read.
    #[error("a certificate on record cannot be read: {0}")]
    Certificate(#[from] pki::certificate::CertificateFault),
    /// The status was not signed.
    #[error("the status was not signed: {0}")]
    Sign(#[from] pki::SignFault),
}

impl From<Fault> for EvidenceFault {
    fn from(fault: Fault) -> Self {
        Self::Export(fault.into())
    }
}

/// Writes the evidence of the case with this receipt number to the empty directory `out`, signed by the key of `data`.
pub async fn evidence(
    registrar: &Registrar,
    data: &Path,
    number: Number,
    out: &Path,
) -> Result<Evidence, EvidenceFault> {
    let (key, store) = (export::key(data)?, registrar.desk().store());
    let given = store.numbered(number).await?;
    let (case, given_at) = given.ok_or(EvidenceFault::NoReceipt(number))?;
    let mut bundle = Bundle::default();
    let events = bundle.events(store, &key, case).await?;
    bundle.case(store, case).await?;
    let signed = bundle.signed(&store.evidence_of(case).await?);
    bundle.letters(registrar, case).await?;
    let revoked = bundle.statuses(registrar, case).await?;
    bundle.authorities(&store.keys().await?)?;
    bundle.add(
        "key.pem",
        key.verifier().to_pem(),
        "the key of the log; have it from elsewhere too",
    );
    bundle.add(
        "verify.sh",
        VERIFY,
        "verifies all of it with OpenSSL; have it from elsewhere too",
    );
    let told = json!({
        "number": number.to_string(), "case": hex(case), "given_at": given_at.0,
        "log": key.verifier().name(), "key": key.verifier().to_string(),
        "events": events, "files": bundle.told,
    });
    bundle.add("index.json", format!("{told:#}\n"), "");
    let files = bundle.write(&key, out)?;
    Ok(Evidence {
        events: events.len(),
        signed,
        revoked,
        files,
    })
}

/// The files, by their names.
#[derive(Default)]
struct Bundle {
    files: BTreeMap<String, Vec<u8>>,
    /// What each is.
    told: BTreeMap<String, String>,
    /// Whose issuers are needed.
    certificates: Vec<Certificate>,
}

impl Bundle {
    fn add(&mut self, name: impl Into<String>, content: impl Into<Vec<u8>>, what: impl Into<String>) {
        let name = name.into();
        self.told.insert(name.clone(), what.into());
        self.files.insert(name, content.into());
    }

    /// The events of the case, each with its way to the root of a head that is signed now.
    async fn events(&mut self, store: &Store, key: &Key, case: [u8; 16]) -> Result<Vec<Json>, EvidenceFault> {
        let mut records = store.records_of(case).await?;
        // Those that tell of erasures are in the log for good, and belong to no case.
        let by = records.iter().filter_map(|record| match record.content {
            Content::Erased { by } => Some(by),
            Content::Kept { .. } => None,
        });
        for by in by.collect::<BTreeSet<_>>() {
            records.extend(store.record_at(by).await?);
        }
        let last = store.audit_tree().await?;
        let head = key.sign(last.size(), last.root(), Vec::new());
        let places: Vec<u64> = records
            .iter()
            .filter_map(|record| u64::try_from(record.sequence - 1).ok())
            .collect();
        let proofs = proofs(store, &last, &places).await?;
        self.add("checkpoint", head.to_string(), "the signed head of the log");
        let mut events = Vec::new();
        for (record, proof) in records.iter().zip(proofs) {
            let sequence = record.sequence;
            let name = format!("events/{sequence:012}");
            let path: String = proof.iter().map(|hash| Digest(*hash).to_string() + "\n").collect();
            self.add(
                format!("{name}.proof"),
                path,
                "its inclusion proof, from the leaf upwards",
            );
            match &record.content {
                Content::Kept {
                    at,
                    case,
                    salt,
                    document,
                } => {
                    let committed = entry::committed(salt, sequence, *at, case, document);
                    let what = "an event with its salt, as it was committed to";
                    self.add(format!("{name}.event"), committed, what);
                    let document: Json = serde_json::from_str(document).unwrap_or(Json::Null);
                    events.push(json!({ "sequence": sequence, "at": at.0, "salt": hex(*salt), "document": document }));
                }
                Content::Erased { by } => {
                    let text = format!("{} {by:012}\n", Digest(record.commitment));
                    let what =
                        "the commitment to an event that was past its time, and the event that tells of its erasure";
                    self.add(format!("{name}.erased"), text, what);
                    events.push(json!({ "sequence": sequence, "erased_by": by }));
                }
            }
        }
        Ok(events)
    }

    async fn case(&mut self, store: &Store, case: [u8; 16]) -> Result<(), EvidenceFault> {
        if let Some(row) = store.case(case).await? {
            let state: Json = serde_json::from_str(&row.document.text).unwrap_or(Json::Null);
            let told = json!({
                "procedure": row.procedure, "office": row.office, "language": row.language.tag(), "version": row.version,
                "state": row.document.state, "document": state,
            });
            self.add("case.json", format!("{told:#}\n"), "the case as it is stored");
        }
        Ok(())
    }

    /// Every signature that is kept with the text it signs, whatever procedure asked for it; and everything else.
    fn signed(&mut self, evidence: &[EvidenceRow]) -> usize {
        let is_text = |row: &EvidenceRow| tree::sha256(&[&row.content]) == row.digest.0;
        let mut paired = BTreeSet::new();
        for (at, row) in evidence.iter().enumerate() {
            let text = evidence
                .iter()
                .enumerate()
                .find(|(_, text)| text.digest == row.digest && is_text(text));
            if let Some((text_at, text)) = text
                && let Ok(by) = pki::cms::verify(&row.content, &text.content)
            {
                let name = format!("signed/{}-{}", row.kept_at.0, row.digest);
                // Two may have signed one text.
                let free = (0..).map(|count| {
                    if count == 0 {
                        name.clone()
                    } else {
                        format!("{name}-{count}")
                    }
                });
                let name = free
                    .into_iter()
                    .find(|name| !self.files.contains_key(&format!("{name}.txt")))
                    .unwrap_or_default();
                self.add(
                    format!("{name}.txt"),
                    text.content.clone(),
                    format!("{}: the text that was signed", text.kind),
                );
                self.add(
                    format!("{name}.p7s"),
                    row.content.clone(),
                    format!("{}: the CMS over it", row.kind),
                );
                self.certificate(row.kept_at, by.certificate, "who signed");
                paired.extend([at, text_at]);
            }
        }
        for (_, row) in evidence.iter().enumerate().filter(|(at, _)| !paired.contains(at)) {
            let name = format!("evidence/{}-{}", row.kind, row.digest);
            self.add(
                name,
                row.content.clone(),
                format!("{}, kept at {}", row.kind, row.kept_at.0),
            );
        }
        paired.len() / 2
    }

    fn certificate(&mut self, at: Instant, certificate: Certificate, what: &str) {
        if !self.certificates.contains(&certificate) {
            let name = format!("certificates/{}-{}.pem", at.0, serial_of(&certificate));
            self.add(name, certificate.to_pem(), what);
            self.certificates.push(certificate);
        }
    }

    /// The letters: those by mail written again from what they were written from, those by post as they were kept.
    async fn letters(&mut self, registrar: &Registrar, case: [u8; 16]) -> Result<(), EvidenceFault> {
        let store = registrar.desk().store();
        for (row, done_at) in store.errands_of(case).await? {
            let wrong = |why: &dyn std::fmt::Display| EvidenceFault::Letter(why.to_string());
            let letter = errand::letter_of(registrar.desk(), &row).await;
            let Some((name, mail)) = letter.map_err(|why| wrong(&why))? else {
                continue;
            };
            let message = mail.message().map_err(|why| wrong(&why))?.formatted();
            let what = match done_at {
                Some(at) => format!("a letter, handed over at {}; written again", at.0),
                None => "a letter that was not handed over; written now".to_owned(),
            };
            self.add(format!("letters/{name}.eml"), message, what);
        }
        for (number, letter) in (1..).zip(store.letters_of(case).await?) {
            let text = format!(
                "{}\n{}\n{}\n\n{}\n\n{}",
                letter.postal_code, letter.address, letter.name, letter.subject, letter.body
            );
            let what = match letter.printed {
                Some((at, _)) => format!("a letter for the post, printed at {}", at.0),
                None => "a letter for the post that was not printed".to_owned(),
            };
            self.add(format!("letters/post-{number}.txt"), text, what);
        }
        Ok(())
    }

    /// What the case revoked, each with an answer that is signed now: revoked, and since when.
    async fn statuses(&mut self, registrar: &Registrar, case: [u8; 16]) -> Result<usize, EvidenceFault> {
        let store = registrar.desk().store();
        let keys = store.keys().await?;
        let statuses = store.statuses_of(case).await?;
        let mut shown = 0;
        for status in &statuses {
            let row = store.certificate(&status.certificate).await?;
            // Of one that was past its time nothing is left to show.
            let Some(der) = row.and_then(|row| row.der).filter(|der| !der.is_empty()) else {
                continue;
            };
            shown += 1;
            let certificate = Certificate::parse(&der)?;
            let name = &status.certificate.authority;
            let no_responder = || EvidenceFault::NoResponder(name.0.clone());
            let issuer = keys
                .iter()
                .find(|key| key.purpose == KeyPurpose::Authority && key.authority == *name);
            let issuer = issuer
                .and_then(|key| key.certificate.as_deref())
                .ok_or_else(no_responder)?;
            let issuer = Certificate::parse(issuer)?;
            let mut answer = None;
            for key in keys
                .iter()
                .filter(|key| key.purpose == KeyPurpose::Responder && key.authority == *name)
            {
                answer = answer.or(self.answer(registrar, key, &issuer, &certificate, status).await?);
            }
            let (at, answer) = answer.ok_or_else(no_responder)?;
            let serial = serial_of(&certificate);
            self.certificate(status.revoked_at, certificate, "what was revoked");
            let name = format!("status/{}-{serial}", at.0);
            self.add(
                format!("{name}.ocsp"),
                answer,
                "the status, signed when this was written",
            );
            self.add(format!("{name}.issuer"), issuer.to_pem(), "the issuer who is asked");
            let authority = &status.certificate.authority;
            if let Some((list, der)) = store.published_crl(authority, status.shard).await?
                && list.sequence >= status.sequence
                && der.len() <= LONGEST_LIST
            {
                self.add(format!("{name}.crl"), der, "the published revocation list");
            }
        }
        Ok(shown)
    }

    async fn answer(
        &self,
        registrar: &Registrar,
        key: &KeyRow,
        issuer: &Certificate,
        certificate: &Certificate,
        status: &StatusRow,
    ) -> Result<Option<(Instant, Vec<u8>)>, EvidenceFault> {
        let now = registrar.desk().clock().now();
        let Some(responder) = responder::open(&registrar.keyring, key, issuer).await? else {
            return Ok(None);
        };
        if !responder.certificate().is_valid_at(now.0) {
            return Ok(None);
        }
        let serial: Serial = certificate.serial();
        let id = IssuerId::of(issuer).cert_id(&serial, HashAlgorithm::Sha1);
        let revoked = Status::Revoked {
            at: status.revoked_at.0,
            reason: status.reason,
        };
        let times = Times {
            produced_at: now.0,
            this_update: now.0,
            next_update: now.plus_seconds(LIVES).0.min(responder.certificate().not_after()),
        };
        Ok(Some((now, responder.presigned(&id, revoked, times)?)))
    }

    /// Every authority above a certificate of the bundle.
    fn authorities(&mut self, keys: &[KeyRow]) -> Result<(), EvidenceFault> {
        let ours = keys.iter().filter(|key| key.purpose == KeyPurpose::Authority);
        let ours = ours
            .filter_map(|key| key.certificate.as_deref())
            .map(Certificate::parse);
        let ours: Vec<Certificate> = ours.collect::<Result<_, _>>()?;
        let mut below = self.certificates.clone();
        let mut above: Vec<Certificate> = Vec::new();
        while let Some(certificate) = below.pop() {
            for issuer in ours
                .iter()
                .filter(|issuer| certificate.verify_signed_by(issuer).is_ok())
            {
                if !above.contains(issuer) {
                    above.push(issuer.clone());
                    below.push(issuer.clone());
                }
            }
        }
        let pem: String = above.iter().map(Certificate::to_pem).collect();
        self.add("authorities.pem", pem, "the authorities; have them from elsewhere too");
        Ok(())
    }

    /// Writes everything, and at last what vouches for it.
    fn write(self, key: &Key, out: &Path) -> Result<usize, ExportFault> {
        if std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(ExportFault::Elsewhere {
                path: out.to_owned(),
                why: "holds other files",
            });
        }
        let sum = |(name, content): (&String, &Vec<u8>)| format!("{}  {name}\n", Digest(tree::sha256(&[content])));
        let manifest: String = self.files.iter().map(sum).collect();
        let signature = key.sign_octets(manifest.as_bytes());
        let mut files = self.files;
        files.insert("manifest.sig".to_owned(), signature.to_vec());
        files.insert("manifest".to_owned(), manifest.into_bytes());
        for (name, content) in &files {
            let path = out.join(name);
            let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
            folder
                .and_then(|()| std::fs::write(&path, content))
                .map_err(|why| file_fault(&path, &why))?;
        }
        Ok(files.len())
    }
}

/// The inclusion proofs of these leaves in the tree as it was, from one walk over all entries.
async fn proofs(store: &Store, last: &Frontier, places: &[u64]) -> Result<Vec<Vec<Hash>>, ExportFault> {
    let wanted: Vec<_> = places
        .iter()
        .map(|place| tree::inclusion(*place, last.size()))
        .collect();
    let mut nodes: BTreeMap<Node, Option<Hash>> = wanted
        .iter()
        .flatten()
        .flat_map(|span| span.nodes())
        .map(|node| (node, None))
        .collect();
    let mut frontier = Frontier::default();
    while frontier.size() < last.size() {
        let page = store
            .commitments_after(i64::try_from(frontier.size()).unwrap_or(i64::MAX))
            .await?;
        if page.is_empty() {
            return Err(ExportFault::Broken("events are missing at its end"));
        }
        for (_, commitment) in page {
            if frontier.size() < last.size() {
                frontier.grow(0, tree::leaf(&commitment), |node, hash| {
                    if let Some(wanted) = nodes.get_mut(&node) {
                        *wanted = Some(*hash);
                    }
                });
            }
        }
    }
    if frontier != *last {
        return Err(ExportFault::Broken("its root is not that of its events"));
    }
    let hash = |node: Node| nodes.get(&node).copied().flatten();
    let proof = |path: &Vec<tree::Span>| path.iter().map(|span| span.hash(hash)).collect::<Option<Vec<Hash>>>();
    wanted
        .iter()
        .map(proof)
        .collect::<Option<_>>()
        .ok_or(ExportFault::Broken("its tree has gaps"))
}

/// As OpenSSL prints it, in small letters.
fn serial_of(certificate: &Certificate) -> String {
    let octets = certificate.serial();
    let digits = octets.as_bytes().iter().map(|octet| format!("{octet:02x}"));
    digits.collect::<Vec<_>>().concat()
}

fn hex(octets: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(octets))
}

/// What a bundle is verified with.
pub const VERIFY: &str = include_str!("verify.sh");
/// A week.
const LIVES: i64 = 7 * 86_400 - 1;
const LONGEST_LIST: usize = 4 << 20;
