//! Who compares faces at an office, and from which score on two are one person's (docs/face-match.md).

use serde::Deserialize;
use std::path::PathBuf;

use super::refuse;
use crate::face::{Choice, Model, Order, Provider};
use crate::office::OfficeError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaceRow {
    provider: ProviderRow,
    threshold: Option<f64>,
    url: Option<String>,
    token: Option<PathBuf>,
    trust: Option<PathBuf>,
    embedding: Option<ModelRow>,
    detector: Option<ModelRow>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ProviderRow {
    Lbph,
    Http,
    Onnx,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelRow {
    path: PathBuf,
    sha256: String,
    #[serde(default)]
    order: OrderRow,
    #[serde(default = "middle")]
    mean: f64,
    #[serde(default = "middle")]
    scale: f64,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OrderRow {
    #[default]
    Rgb,
    Bgr,
}

impl FaceRow {
    pub(super) fn checked(self) -> Result<Choice, OfficeError> {
        let asked = self.url.is_some() || self.token.is_some() || self.trust.is_some();
        let modelled = self.embedding.is_some() || self.detector.is_some();
        let provider = match (self.provider, self.url, self.embedding) {
            (ProviderRow::Http, Some(url), None) if !modelled => {
                let on_this_machine = ["http://127.0.0.1", "http://[::1]", "http://localhost"]
                    .iter()
                    .any(|own| url.starts_with(own));
                if !url.starts_with("https://") && !on_this_machine {
                    return refuse("citizen.face.url", "wanted: https, or http on this machine");
                }
                Provider::Http {
                    url,
                    token: self.token,
                    trust: self.trust,
                }
            }
            (ProviderRow::Onnx, None, Some(embedding)) if !asked => Provider::Onnx {
                embedding: embedding.checked("citizen.face.embedding")?,
                detector: self
                    .detector
                    .map(|detector| detector.checked("citizen.face.detector"))
                    .transpose()?,
            },
            (ProviderRow::Lbph, None, None) if !asked && !modelled => Provider::Lbph,
            (ProviderRow::Lbph, ..) => return refuse("citizen.face", "`lbph` has a threshold and nothing else"),
            (ProviderRow::Http, ..) => return refuse("citizen.face", "`http` has a url, and no models"),
            (ProviderRow::Onnx, ..) => return refuse("citizen.face", "`onnx` has an embedding, and no url"),
        };
        let threshold = match (self.threshold, self.provider) {
            (Some(threshold), _) => steps(threshold, 1_000.0, 1..=1_000),
            (None, ProviderRow::Lbph) => Some(OF_LBPH),
            // What a score means only its provider knows.
            (None, ProviderRow::Http | ProviderRow::Onnx) => None,
        };
        let Some(threshold) = threshold else {
            return refuse("citizen.face.threshold", "wanted: more than 0, and 1 at most");
        };
        Ok(Choice { threshold, provider })
    }
}

impl ModelRow {
    fn checked(self, key: &'static str) -> Result<Model, OfficeError> {
        let Some(sha256) = digest(&self.sha256) else {
            return refuse(key, "wanted: its sha256 as 64 hexadecimal digits");
        };
        let (mean, scale) = (steps(self.mean, 10.0, 0..=2_550), steps(self.scale, 10.0, 1..=10_000));
        let (Some(mean), Some(scale)) = (mean, scale) else {
            return refuse(key, "wanted: mean from 0 to 255, scale from 0.1 to 1000");
        };
        Ok(Model {
            path: self.path,
            sha256,
            order: match self.order {
                OrderRow::Rgb => Order::Rgb,
                OrderRow::Bgr => Order::Bgr,
            },
            mean,
            scale,
        })
    }
}

/// A number as so many steps, so that what is stored is what was meant.
fn steps(number: f64, of_one: f64, fits: std::ops::RangeInclusive<u16>) -> Option<u16> {
    let steps = (number * of_one).round();
    let in_reach = (f64::from(*fits.start())..=f64::from(*fits.end())).contains(&steps);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "its range was looked at"
    )]
    let steps = in_reach.then_some(steps as u16);
    steps
}

fn digest(text: &str) -> Option<[u8; 32]> {
    let mut whole = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (place, octet) in whole.iter_mut().enumerate() {
        *octet = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(whole)
}

/// As most models for faces want it: from -1 to 1.
fn middle() -> f64 {
    127.5
}

/// Of made pictures: docs/face-match.md has the rates.
const OF_LBPH: u16 = 650;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::{CITIZEN_EXAMPLE, Office};

    const DIGEST: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn said(face: &str) -> Result<Option<Choice>, String> {
        let text = CITIZEN_EXAMPLE.replacen("[citizen.flow]\n", &format!("{face}\n[citizen.flow]\n"), 1);
        assert!(text.contains(face));
        let office = Office::from_toml(&text).map_err(|why| why.to_string())?;
        Ok(office.citizen().unwrap().face.clone())
    }

    #[test]
    fn an_office_that_says_nothing_of_faces_compares_none() {
        assert_eq!(said(""), Ok(None));
    }

    #[test]
    fn each_provider_is_read_with_what_it_needs() {
        let lbph = said("[citizen.face]\nprovider = \"lbph\"").unwrap().unwrap();
        assert_eq!((lbph.threshold, lbph.provider), (OF_LBPH, Provider::Lbph));
        let http = "[citizen.face]\nprovider = \"http\"\nthreshold = 0.9\nurl = \"https://faces.example/compare\"\ntoken = \"t\"";
        let http = said(http).unwrap().unwrap();
        assert_eq!(http.threshold, 900);
        assert!(matches!(
            http.provider,
            Provider::Http {
                token: Some(_),
                trust: None,
                ..
            }
        ));
        let onnx = format!(
            "[citizen.face]\nprovider = \"onnx\"\nthreshold = 0.363\n[citizen.face.embedding]\npath = \"f.onnx\"\nsha256 = \
             \"{DIGEST}\"\norder = \"bgr\"\nscale = 128.0"
        );
        let onnx = said(&onnx).unwrap().unwrap();
        let Provider::Onnx { embedding, detector } = onnx.provider else {
            panic!("another provider");
        };
        assert_eq!((onnx.threshold, detector), (363, None));
        assert_eq!(
            (embedding.order, embedding.mean, embedding.scale),
            (Order::Bgr, 1_275, 1_280)
        );
        assert_eq!(embedding.sha256.first_chunk(), Some(&[0x00, 0x11, 0x22, 0x33]));
    }

    #[test]
    fn a_choice_that_cannot_be_is_refused_by_its_key() {
        let model = |sha256: &str, more: &str| {
            format!(
                "provider = \"onnx\"\nthreshold = 0.4\n[citizen.face.embedding]\npath = \"f\"\nsha256 = \"{sha256}\"\n{more}"
            )
        };
        let https = "url = \"https://faces.example/\"";
        for (key, rest) in [
            (
                "citizen.face",
                "provider = \"lbph\"\nurl = \"https://faces.example/\"".to_owned(),
            ),
            ("citizen.face", "provider = \"http\"\nthreshold = 0.5".to_owned()),
            ("citizen.face", "provider = \"onnx\"\nthreshold = 0.5".to_owned()),
            ("citizen.face", format!("{https}\n{}", model(DIGEST, ""))),
            ("citizen.face.threshold", format!("provider = \"http\"\n{https}")),
            (
                "citizen.face.threshold",
                format!("provider = \"http\"\nthreshold = 0.0\n{https}"),
            ),
            (
                "citizen.face.threshold",
                format!("provider = \"http\"\nthreshold = 1.5\n{https}"),
            ),
            (
                "citizen.face.threshold",
                format!("provider = \"http\"\nthreshold = nan\n{https}"),
            ),
            (
                "citizen.face.url",
                "provider = \"http\"\nthreshold = 0.5\nurl = \"http://faces.example/\"".to_owned(),
            ),
            ("citizen.face.embedding", model("0011", "")),
            ("citizen.face.embedding", model(&DIGEST.replace('a', "g"), "")),
            ("citizen.face.embedding", model(DIGEST, "scale = 0.0")),
            ("citizen.face.embedding", model(DIGEST, "mean = 256.0")),
            ("provider", "provider = \"eigenfaces\"".to_owned()),
        ] {
            let wrong = said(&format!("[citizen.face]\n{rest}")).unwrap_err();
            assert!(wrong.contains(key), "{key}: {wrong}");
        }
    }
}
