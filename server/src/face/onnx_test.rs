use super::*;
use crate::face::picture::Source;
use crate::face::{Choice, FaceMatch, Provider, made};
use std::path::Path;

/// A model in the protocol buffers of ONNX, field by field: a number shifted by three and the kind of what follows.
mod proto {
    pub(super) fn number(field: u8, value: u64) -> Vec<u8> {
        let mut octets = vec![field << 3];
        varint(&mut octets, value);
        octets
    }

    pub(super) fn bytes(field: u8, value: &[u8]) -> Vec<u8> {
        let mut octets = vec![field << 3 | 2];
        varint(&mut octets, value.len() as u64);
        octets.extend(value);
        octets
    }

    fn varint(octets: &mut Vec<u8>, mut value: u64) {
        while value >= 0x80 {
            octets.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
            value >>= 7;
        }
        octets.push(u8::try_from(value).unwrap());
    }

    pub(super) fn node(kind: &str, inputs: &[&str], output: &str) -> Vec<u8> {
        let mut node: Vec<u8> = inputs.iter().flat_map(|input| bytes(1, input.as_bytes())).collect();
        node.extend(bytes(2, output.as_bytes()));
        node.extend(bytes(3, output.as_bytes()));
        node.extend(bytes(4, kind.as_bytes()));
        bytes(1, &node)
    }

    /// The name of a value with its shape, of 32-bit numbers.
    pub(super) fn value(field: u8, name: &str, shape: &[u64]) -> Vec<u8> {
        let dimensions: Vec<u8> = shape.iter().flat_map(|side| bytes(1, &number(1, *side))).collect();
        let tensor = [number(1, 1), bytes(2, &dimensions)].concat();
        bytes(
            field,
            &[bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor))].concat(),
        )
    }

    pub(super) fn constant(name: &str, shape: &[u64], values: &[f32]) -> Vec<u8> {
        let mut tensor: Vec<u8> = shape.iter().flat_map(|side| number(1, *side)).collect();
        tensor.extend(number(2, 1));
        tensor.extend(bytes(8, name.as_bytes()));
        tensor.extend(bytes(
            9,
            &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>(),
        ));
        bytes(5, &tensor)
    }

    pub(super) fn model(graph: &[Vec<u8>]) -> Vec<u8> {
        let graph = [graph.concat(), bytes(2, b"graph")].concat();
        [number(1, 8), bytes(8, &number(2, 13)), bytes(7, &graph)].concat()
    }
}

/// What makes of a face its samples in a row.
fn embedding(side: u64) -> Vec<u8> {
    proto::model(&[
        proto::node("Flatten", &["input"], "numbers"),
        proto::value(11, "input", &[1, 3, side, side]),
        proto::value(12, "numbers", &[1, 3 * side * side]),
    ])
}

/// What finds faces at these places whatever it is shown: score and corners of each.
fn detector(places: &[(f32, [f32; 4])]) -> Vec<u8> {
    let count = places.len() as u64;
    let scores: Vec<f32> = places.iter().flat_map(|(score, _)| [1.0 - score, *score]).collect();
    let corners: Vec<f32> = places.iter().flat_map(|(_, corners)| *corners).collect();
    proto::model(&[
        proto::node("GlobalAveragePool", &["input"], "means"),
        proto::node("ReduceMax", &["means"], "one"),
        proto::node("Mul", &["one", "nought"], "still"),
        proto::node("Reshape", &["still", "flat"], "same"),
        proto::node("Add", &["same", "s"], "scores"),
        proto::node("Add", &["same", "c"], "boxes"),
        proto::constant("nought", &[1], &[0.0]),
        proto::constant("s", &[1, count, 2], &scores),
        proto::constant("c", &[1, count, 4], &corners),
        whole_numbers("flat", &[1, 1, 1]),
        proto::value(11, "input", &[1, 3, 16, 16]),
        proto::value(12, "scores", &[1, count, 2]),
        proto::value(12, "boxes", &[1, count, 4]),
    ])
}

fn whole_numbers(name: &str, values: &[i64]) -> Vec<u8> {
    let tensor = [
        proto::number(1, values.len() as u64),
        proto::number(2, 7),
        proto::bytes(8, name.as_bytes()),
        proto::bytes(
            9,
            &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>(),
        ),
    ];
    proto::bytes(5, &tensor.concat())
}

fn written(dir: &Path, name: &str, octets: &[u8]) -> Model {
    let path = dir.join(name);
    std::fs::write(&path, octets).unwrap();
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest::digest(&digest::SHA256, octets).as_ref());
    Model {
        path,
        sha256,
        order: Order::Rgb,
        mean: 1_275,
        scale: 1_275,
    }
}

fn opened(embedding: &Model, detector: Option<&Model>) -> Result<FaceMatch, Unusable> {
    FaceMatch::open(&Choice {
        threshold: 800,
        provider: Provider::Onnx {
            embedding: embedding.clone(),
            detector: detector.cloned(),
        },
    })
}

fn card(person: u64) -> Picture {
    Picture::decoded(&made::portrait(person).unwrap(), Source::Card).unwrap()
}

fn taken(persons: &[u64]) -> Picture {
    Picture::decoded(&made::capture(persons, 5).unwrap(), Source::Capture).unwrap()
}

#[tokio::test]
async fn an_operators_model_says_how_alike_two_faces_are() {
    let dir = tempfile::tempdir().unwrap();
    let model = written(dir.path(), "face.onnx", &embedding(16));
    let faces = opened(&model, None).unwrap();
    let same = faces.compare(card(1), card(1), "q").await.unwrap();
    assert!(same.score >= 999, "{}", same.score);
    assert_eq!(
        (same.threshold, same.provider.as_str(), same.version.len()),
        (800, "onnx", 16)
    );
    let other = faces.compare(card(1), card(9), "q").await.unwrap();
    assert!(other.score < same.score, "{}", other.score);
    assert_eq!(faces.compare(card(1), taken(&[]), "q").await, Err(NotCompared::NoFace));
    assert_eq!(
        faces.compare(card(1), taken(&[1, 2]), "q").await,
        Err(NotCompared::Several)
    );
    assert_eq!(
        faces.compare(taken(&[]), taken(&[1]), "q").await,
        Err(NotCompared::CardFace)
    );
}

#[tokio::test]
async fn a_detector_of_the_operator_says_where_the_faces_are() {
    let dir = tempfile::tempdir().unwrap();
    let model = written(dir.path(), "face.onnx", &embedding(16));
    let (here, near, there) = ([0.3, 0.2, 0.7, 0.8], [0.31, 0.21, 0.7, 0.8], [0.0, 0.0, 0.2, 0.2]);
    for (places, wanted) in [
        (vec![(0.9, here), (0.8, near), (0.1, there)], Ok(())),
        (vec![(0.9, here), (0.95, there)], Err(NotCompared::Several)),
        (vec![(0.2, here), (0.1, there)], Err(NotCompared::CardFace)),
        (vec![(0.9, [0.5, 0.5, 0.5, 0.5])], Err(NotCompared::CardFace)),
    ] {
        let finds = written(dir.path(), "finds.onnx", &detector(&places));
        let faces = opened(&model, Some(&finds)).unwrap();
        let compared = faces.compare(card(1), taken(&[1]), "q").await;
        assert_eq!(compared.map(|_| ()), wanted, "{places:?}");
    }
}

#[test]
fn a_model_whose_digest_is_another_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let model = written(dir.path(), "face.onnx", &embedding(16));
    assert!(opened(&model, None).is_ok(), "the control");
    let mut other = embedding(16);
    other.push(0);
    std::fs::write(&model.path, &other).unwrap();
    assert!(opened(&model, None).unwrap_err().to_string().contains("SHA-256"));
    std::fs::remove_file(&model.path).unwrap();
    assert!(opened(&model, None).is_err());
    let detector = written(dir.path(), "finds.onnx", &detector(&[(0.9, [0.0, 0.0, 1.0, 1.0])]));
    let model = written(dir.path(), "face.onnx", &embedding(16));
    let wrong = Model {
        sha256: [0; 32],
        ..detector
    };
    assert!(
        opened(&model, Some(&wrong))
            .unwrap_err()
            .to_string()
            .contains("SHA-256")
    );
}

#[test]
fn what_is_no_model_for_faces_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    for (octets, what) in [
        (vec![], "nothing"),
        (b"not a model".to_vec(), "text"),
        (embedding(4), "an input of four pixels"),
        (embedding(2_000), "an input of two thousand pixels"),
        (
            proto::model(&[
                proto::node("Flatten", &["input"], "numbers"),
                proto::value(11, "input", &[1, 1, 16, 16]),
                proto::value(12, "numbers", &[1, 256]),
            ]),
            "an input of one colour",
        ),
        (
            proto::model(&[
                proto::node("Imaginary", &["input"], "numbers"),
                proto::value(11, "input", &[1, 3, 16, 16]),
                proto::value(12, "numbers", &[1, 768]),
            ]),
            "an operation that there is not",
        ),
    ] {
        let model = written(dir.path(), "face.onnx", &octets);
        assert!(opened(&model, None).is_err(), "{what}");
    }
}

#[test]
fn directions_are_compared_and_not_lengths() {
    assert!((cosine(&[1.0, 2.0], &[2.0, 4.0]) - 1.0).abs() < 1e-6);
    assert!(cosine(&[1.0, 0.0], &[0.0, 1.0]).abs() < 1e-6);
    assert_eq!(thousandths(cosine(&[1.0, 0.0], &[-1.0, 0.0])), 0);
    assert_eq!(thousandths(cosine(&[0.0, 0.0], &[1.0, 0.0])), 0);
    assert_eq!(thousandths(f32::NAN), 0);
}
