//! RSA keys that are refused, each beside one that is not.

use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::key::{KeyFault, PublicKey, SoftwareKey};

use crate::judge::tlv;

#[test]
fn r2_weak_rsa_keys_are_refused() {
    const E: &[u8] = &[1, 0, 1];
    let modulus = modulus();
    let read = |modulus: &[u8], exponent: &[u8]| PublicKey::from_spki_der(&rsa_spki(modulus, exponent)).map(|_| ());
    assert_eq!(read(&modulus, E), Ok(()), "the control must pass");
    let weak = |result: Result<(), KeyFault>, words: &str| {
        assert!(
            matches!(result, Err(KeyFault::Weak(text)) if text.contains(words)),
            "{words}: {result:?}"
        );
    };
    let mut even = modulus.clone();
    even[255] &= 0xfe;
    weak(read(&even, E), "even");
    weak(read(&modulus[..128], E), "fewer");
    for exponent in [&[1][..], &[3], &[0x11], &[1, 0, 0], &[1, 0, 0, 0], &[1, 0, 1, 0, 0, 1]] {
        weak(read(&modulus, exponent), "exponent");
    }
    // 2047 and 2056 bits.
    let mut short = modulus.clone();
    short[0] = 0x40;
    assert_eq!(read(&short, E), Err(KeyFault::Unsupported));
    assert_eq!(
        read(&[&[0x80], modulus.as_slice()].concat(), E),
        Err(KeyFault::Unsupported)
    );
}

#[test]
fn r2_a_modulus_with_a_small_factor_is_refused() {
    // Every octet 0xff is divisible by 3, since 256 ≡ 1.
    refused_as_weak(&[0xff; 256], "small factor");
    refused_as_weak(&read_hex(TIMES_751), "small factor");
    assert_eq!(read(&read_hex(TIMES_757)), Ok(()), "control: 757 is not below 752");
}

#[test]
fn r2_a_roca_fingerprint_is_refused() {
    refused_as_weak(&read_hex(ROCA), "ROCA");
}

#[test]
fn r2_close_primes_are_refused_in_a_hundred_rounds_and_not_in_one_more() {
    refused_as_weak(&read_hex(NEIGHBOURS), "close");
    refused_as_weak(&read_hex(ROUND_100), "close");
    assert_eq!(read(&read_hex(ROUND_101)), Ok(()), "control: it would take 101 rounds");
}

#[test]
fn r2_sound_keys_of_every_size_are_taken() {
    for algorithm in [Algorithm::Rsa2048, Algorithm::Rsa3072, Algorithm::Rsa4096] {
        let key = SoftwareKey::generate(algorithm).unwrap();
        let read = PublicKey::from_spki_der(key.public_key().spki_der()).unwrap();
        assert_eq!(read.algorithm(), algorithm);
    }
}

/// Keys that nobody may have, each with a word of why.
pub(crate) fn corpus() -> Vec<(Vec<u8>, &'static str)> {
    let modulus = modulus();
    let mut even = modulus.clone();
    even[255] &= 0xfe;
    let usual = |modulus: &[u8]| rsa_spki(modulus, &[1, 0, 1]);
    vec![
        (usual(&modulus[..128]), "fewer"),
        (rsa_spki(&modulus, &[1]), "exponent"),
        (rsa_spki(&modulus, &[3]), "exponent"),
        (usual(&even), "even"),
        (usual(&[0xff; 256]), "small factor"),
        (usual(&read_hex(ROCA)), "ROCA"),
        (usual(&read_hex(NEIGHBOURS)), "close"),
        (usual(&read_hex(ROUND_100)), "close"),
    ]
}

fn refused_as_weak(modulus: &[u8], words: &str) {
    let result = read(modulus);
    assert!(
        matches!(result, Err(KeyFault::Weak(text)) if text.contains(words)),
        "{words}: {result:?}"
    );
}

fn read(modulus: &[u8]) -> Result<(), KeyFault> {
    PublicKey::from_spki_der(&rsa_spki(modulus, &[1, 0, 1])).map(|_| ())
}

fn read_hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// RSAPublicKey of big-endian numbers, as an SPKI.
fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let integer = |octets: &[u8]| tlv(2, &[if octets[0] >= 0x80 { &[0][..] } else { &[] }, octets].concat());
    let key = tlv(0x30, &[integer(modulus), integer(exponent)].concat());
    let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    tlv(
        0x30,
        &[&algorithm[..], &tlv(3, &[&[0], key.as_slice()].concat())].concat(),
    )
}

/// The modulus of a new key of 2048 bits.
fn modulus() -> Vec<u8> {
    let key = SoftwareKey::generate(Algorithm::Rsa2048).unwrap();
    let bits = key.public_key().key_bits();
    // SEQUENCE, INTEGER and a sign octet come before it.
    bits[9..9 + 256].to_vec()
}

/// Both primes are k·M + (65537^a mod M), M the product of the first 126 primes.
const ROCA: &str = concat!(
    "a7f4d838659bc7e4c9b6e7ea8f19ca0a7f82811149a8dff91169952bc079b8fb8f8604118d0bf2a680e05120369116957966e20f75d1f64a",
    "a7861123a331cb316feb7c720ad8be5e9ea0c83b6a3f600163eb8a24a6534360cca1a264d1320ed640bcd63e404fd504ea855609dfc8a0f9",
    "d3925b66501c335dd9cf04ad9471ff2236d2ed5db102c46b4c77bab1de72e2337d3447ee7e00dfdf93e6479335037858e1b15e952d460318",
    "c4676d2e62f69d9cadd582a95b6f2db908dfb82e43fb36ac2ab0c7e20c4aa9bac6e80600f127456094e6e04634ba31bda1c8b131fb7c2690",
    "67931b16879066f5e446883f41eda4e7b3071b86c9b92b65a580bce85326dce1",
);

/// A prime and the one after it.
const NEIGHBOURS: &str = concat!(
    "ffa84e3703f2ba4f78d0244b5fb7f6742190e235050d862b535d1f9ecaf7c906bdee0c9a6d900ade99ec84a5945f08ec923ce8a4bacb7f57",
    "2bdd730af231e63aa4fe9e20216c416b8f1935be39486ed782ed8bf41b2b8ee65980eda58fe795797dac67d46650b27e0691678682656ddf",
    "ae2e1aabd723a01cc076de132c5bfb1bcd5546b9cf7f4092093f78407dee82aa25e16d7e831c66b5f293014dd2fb0a17afc2858ef1f6088f",
    "a49af636134824cc5a35947b99a0854f48673b9a9e4597d811553e30b6d791a8767b73342f2d9a5bd4aa839fd21bb0b25b8d2ce5e07ef2ad",
    "22871a23ed8df5d8e6e583ae83d0cf33b7c0e75cd901e27c561cf9deb04cd9fb",
);

/// Primes so far from each other that Fermat's method meets them in its hundredth round.
const ROUND_100: &str = concat!(
    "ffa84e3703f2ba4f78d0244b5fb7f6742190e235050d862b535d1f9ecaf7c906bdee0c9a6d900ade99ec84a5945f08ec923ce8a4bacb7f57",
    "2bdd730af231e656d464c80253176b02a392918df1f2a560ce3f4954198969aca36c0462a0482688a3ea886ba2d23c97a8409fb7581d874c",
    "dc9b8b8b1279ae095dc60106d8765a5e5022c29d48d23ea70d961c7a76683ad997f76da49222f906431ecb396ba13b6be247332b6517a02b",
    "7fc1e7a5b80e1a4e09e3f80836a46099c2b519da352cfaadcc18670c3d10f5878e3214a33753a945e6de287ba144e5c2490c582a109bc1c8",
    "09f1daf2d72e7c90af8c76ef5069fa949999bd70c67cf4c3ba339f3d7947c8e9",
);

/// A little farther.
const ROUND_101: &str = concat!(
    "ffa84e3703f2ba4f78d0244b5fb7f6742190e235050d862b535d1f9ecaf7c906bdee0c9a6d900ade99ec84a5945f08ec923ce8a4bacb7f57",
    "2bdd730af231e656f88fb27fc3cc282dc8830239cd69ed7159877d1d36412b66c3f2bc94a0c466555e7fb5bb043a0559b8a5efe22ba63fdf",
    "cf4329d77d17271e080d1aa9ca47f8c633a0f331f3ec06de30b2a70e60d962afa42d626f24a7e70778721a5dfe1a74ad4545f8a885572fb6",
    "6b26f35ae4928241852bee50d60bcd4c828bf8cb1f58c0965bf038196f159c71b2088b51fc53f167aff0da82a70288b1681ca262b7bccac7",
    "eef494f07a9dd0f41af6cc563004152728cdeb3ac9c4d8c372264778419b884d",
);

/// A prime times the greatest prime below 752.
const TIMES_751: &str = concat!(
    "e62a907eb7fa82f841907707cc15765942fecea6af84a4d88e84aa6011b1ea9503acb6df005d0f458ff3cb28dff30db2d3a558cb6fd93f96",
    "45d7920dbd884d78190b93162d83c3c7e7758adfc41bacb8c27046cdc0dc802fa14b3af4e8a0391081bf1e079473ed5fd028f0d1d172cfd9",
    "bea2b3823e34988ada0f44ba620a6b67e3400d17a6a96b250b8c3aa48904b08f350c644d9badebbfd264c8942979880ca3398ec20e819405",
    "4b0397a61126ca10918294dcd44a971339debb73a57c3191e73930a4f8cfd7acb99d53a86acbb08c47e0ff2b3ecd385eef7b40e8a729a4c4",
    "1262016c2d3b88338537dc8a368ff037a452b5cc8f177990765c7fb3406e9129",
);

/// A prime times the next one.
const TIMES_757: &str = concat!(
    "a5c5cf669607dd2c89059213b6cfc98c1c25eb26d2f21b80b47f13a570fdb0d96f1983cd2a0d7db9407f46169ac49fca835101ad6bc3e13c",
    "72b2c4afa1856989e6a21b1b14a229c7c2e38c2c877ee72b9114ebc773ccfda4a159786ba9729ed85bd4e3aef236e827839f443c617be887",
    "41724fa7d34f9322e0df1e8361e245ddcdeb439b53ebaaa93e51cd75719edb1d072fbf8c821138c1c700650fa5b195e7241b675dd00493c9",
    "c30c03eb32246618733d7fa34cf9e6e30816f6332e088283e4a2e16f64eb0758c62823648e0e8dbfa45bddc3466fe8dfc0bd10c08b8935fd",
    "4466cc3d5e04de7c494361bda912c60aa2101e64319ea88a2bf9726e83c73d01",
);
