//! Where a secret could stand that should stand nowhere.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use tracing_subscriber::fmt::MakeWriter;

/// Everything that is logged, whatever it is worth.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Listens to everything that this process logs from now on, once for all tests in it.
pub(crate) fn listen() -> Log {
    static LOG: LazyLock<Log> = LazyLock::new(|| {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log
    });
    LOG.clone()
}

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// A secret as it could stand somewhere: plain, in hex both ways, padded, as base64 and in UTF-16.
pub(crate) fn faces(pin: &str) -> Vec<String> {
    use base64::Engine as _;
    let hex = pin.bytes().fold(String::new(), |mut hex, octet| {
        use std::fmt::Write as _;
        write!(hex, "{octet:02x}").unwrap();
        hex
    });
    let list = pin
        .bytes()
        .map(|octet| octet.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    vec![
        pin.to_owned(),
        hex.to_uppercase(),
        hex,
        list,
        base64::engine::general_purpose::STANDARD.encode(pin),
        pin.chars().flat_map(|c| [c, '\0']).collect(),
    ]
}
