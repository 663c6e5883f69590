//! Keys that open at once. At rest a key costs about a third of a second to open, by design; each of some thousand children and
//! openings would spend most of its life on that.

use server::authority::issue::Certifying;
use server::chance::Chance;
use server::clock::Clock;
use server::desk::Desk;
use server::office::{Office, TERMINALS_EXAMPLE};
use server::store::StoreAddress;

use crate::grant;
use crate::house::{House, Place, TestAuthority};
use crate::invariant;

/// The authority of the terminals, the key that seals 認証コード2, and the one that unblock keys of cards come from, all under the
/// passphrase of the house.
pub(crate) async fn open_at_once(house: &House) {
    TestAuthority::with(house.store(), TERMINALS, AUTHORITY).await;
    let octets = match house.place.address {
        StoreAddress::Sqlite(_) => format!("X'{SEALING}'"),
        StoreAddress::Postgres(_) => format!(r"'\x{SEALING}'"),
    };
    for keep in [
        format!("INSERT INTO sealing_key (id, sealed, made_at) VALUES (1, {octets}, 0)"),
        format!("INSERT INTO unblock_key (version, sealed, made_at) VALUES (1, {octets}, 0)"),
    ] {
        invariant::tamper(&house.place.address, &keep).await;
    }
}

/// All of them, open.
pub(crate) async fn opened(place: &Place) -> Certifying {
    let store = place.open().await.unwrap();
    let certifying = grant::certifying(&place.data);
    let desk = Desk::new(store.clone(), Clock::system(), Chance::system(), Vec::new()).certifying(certifying.clone());
    desk.seal().await.unwrap();
    desk.unblock().await.unwrap();
    desk.terminals_chain(&office()).await.unwrap();
    store.close().await;
    certifying
}

/// The centre whose terminals it certifies.
pub(crate) fn office() -> Office {
    let authority = format!("\"{TERMINALS}\"");
    Office::from_toml(&TERMINALS_EXAMPLE.replacen("\"mihon-issuing\"", &authority, 1)).unwrap()
}

/// Who certifies terminals here.
const TERMINALS: &str = "center";

/// By `openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 1`: of Ed25519, whose signatures are as long in every run.
const AUTHORITY: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGaMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAhJ7ZhV7gVMaAIBATAM
BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQolGGHH1CG/4N5xF7YUkDpARAvn8T
YMP8D06oI9TmJOATpxy9PlHlwlC0qPv79wwH2AQ+fQxgTOLRdeqZGWyZ8Ozgteg4
VjltKHv0XNJSw14P0w==
-----END ENCRYPTED PRIVATE KEY-----
";

/// An age file as [`server::seal::Seal::fresh`] makes it, but of scrypt's work factor 1.
const SEALING: &str = concat!(
    "6167652d656e6372797074696f6e2e6f72672f76310a2d3e20736372797074205930656131706f4a43795743642b7950756d2b5a515120310a",
    "65574d576c45454963727051752f43513741662f546442326d7a6d623667394b6876584c336633473179630a",
    "2d2d2d20792f71615865433050314476434977582b676d654542465366434b69467a646c63324c786865386b4563510a",
    "78377b525757b494427f89014f97d79929f0a2d9af161d3e5a6fa3643dd3ebd66bca8d6651d41c935477b90cb3c5cb782898db05cd90a520545f75d07ad3dc02",
);
