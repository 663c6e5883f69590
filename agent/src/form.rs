//! Reads the body of a POST without leaving what was typed behind.

use axum::body::{Body, Bytes};
use http_body_util::BodyExt as _;
use wire::code::Code;
use zeroize::{Zeroize as _, Zeroizing};

/// The fields of a posted form. All of them are wiped when dropped, since one may be a PIN.
pub(crate) struct Form(Vec<(String, Zeroizing<String>)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded` and wipes the octets it came in.
    pub(crate) async fn read(mut body: Body) -> Result<Self, Code> {
        let mut octets = Zeroizing::new(Vec::with_capacity(LONGEST));
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Code::Fault)?;
            let Ok(chunk) = frame.into_data() else {
                continue;
            };
            if octets.len() + chunk.len() > LONGEST {
                drain(body, chunk.len()).await;
                return Err(Code::Size);
            }
            octets.extend_from_slice(&chunk);
            wipe(chunk);
        }
        parse(&octets).ok_or(Code::Fault)
    }

    /// Takes a field out of the form.
    pub(crate) fn take(&mut self, name: &str) -> Option<Zeroizing<String>> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Whether a checkbox was ticked.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}

/// Lets a sender finish what it has begun, up to a bound: a connection that is closed while octets still come in takes the
/// answer with it, and the page would never say what was wrong.
async fn drain(mut body: Body, mut seen: usize) {
    while seen < LONGEST_DRAINED
        && let Some(Ok(frame)) = body.frame().await
    {
        if let Ok(chunk) = frame.into_data() {
            seen += chunk.len();
            wipe(chunk);
        }
    }
}

/// Where the connection still shares the octets, the allocator of the binary wipes them when they are freed.
fn wipe(chunk: Bytes) {
    if let Ok(mut own) = chunk.try_into_mut() {
        own.as_mut().zeroize();
    }
}

fn parse(octets: &[u8]) -> Option<Form> {
    let mut fields = Vec::new();
    for pair in octets.split(|octet| *octet == b'&') {
        if pair.is_empty() {
            continue;
        }
        let (name, value) = match pair.iter().position(|octet| *octet == b'=') {
            Some(at) => (pair.get(..at)?, pair.get(at + 1..)?),
            None => (pair, &[][..]),
        };
        fields.push((decoded(name)?.to_string(), decoded(value)?));
    }
    Some(Form(fields))
}

/// The URL standard's form decoding, strict: a lone percent sign or what is not UTF-8 is no form of ours.
fn decoded(text: &[u8]) -> Option<Zeroizing<String>> {
    let mut octets = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.iter();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'+' => b' ',
            b'%' => {
                let high = char::from(*rest.next()?).to_digit(16)?;
                let low = char::from(*rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            plain => *plain,
        });
    }
    std::str::from_utf8(&octets)
        .ok()
        .map(|text| Zeroizing::new(text.to_owned()))
}

const LONGEST_DRAINED: usize = 4 * 1024 * 1024;
const LONGEST: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn fields_are_read_as_a_browser_writes_them() {
        let mut form = Form::read(Body::from("a=1+2&b=%E5%90%88%E8%A8%80%E8%91%89&c"))
            .await
            .ok()
            .unwrap();
        assert_eq!(form.take("a").unwrap().as_str(), "1 2");
        assert_eq!(form.take("b").unwrap().as_str(), "合言葉");
        assert!(form.has("c") && !form.has("a"));
    }

    #[tokio::test]
    async fn a_long_or_broken_body_is_refused() {
        let long = "a=".to_owned() + &"1".repeat(LONGEST);
        assert_eq!(Form::read(Body::from(long)).await.err(), Some(Code::Size));
        for broken in ["a=%", "a=%4", "a=%ZZ", "a=%FF"] {
            assert_eq!(Form::read(Body::from(broken)).await.err(), Some(Code::Fault));
        }
    }
}
