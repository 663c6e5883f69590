//! A PostgreSQL of one's own, that may be killed.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const BINARIES: &str = "/usr/lib/postgresql/15/bin";
const MEMORY: &str = "/dev/shm";
/// In KiB.
const ROOM: u64 = 2 << 20;

/// A running server and its files.
pub(crate) struct Cluster {
    server: Option<Child>,
    place: tempfile::TempDir,
    port: u16,
}

impl Cluster {
    /// A new one. It syncs what it acknowledges, and writes nothing earlier than it must: what is not synced is lost when it
    /// is killed.
    pub(crate) fn new() -> Self {
        let place = in_memory()
            .map_or_else(tempfile::tempdir, tempfile::tempdir_in)
            .unwrap();
        if let Some((uid, gid)) = other_user() {
            std::os::unix::fs::chown(place.path(), Some(uid), Some(gid)).unwrap();
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let made = command("initdb", place.path())
            .args(["-U", "kagimori", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D"])
            .arg(place.path().join("cluster"))
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb");
        let mut cluster = Self {
            server: None,
            place,
            port,
        };
        cluster.start();
        cluster
    }

    pub(crate) fn start(&mut self) {
        let mut server = command("postgres", self.place.path());
        server.arg("-D").arg(self.place.path().join("cluster"));
        for setting in [
            format!("port={}", self.port),
            format!("unix_socket_directories={}", self.place.path().display()),
            "listen_addresses=127.0.0.1".to_owned(),
            "wal_writer_delay=10s".to_owned(),
            "wal_writer_flush_after=0".to_owned(),
            "autovacuum=off".to_owned(),
            "bgwriter_lru_maxpages=0".to_owned(),
            "max_wal_size=128MB".to_owned(),
            "max_connections=100".to_owned(),
            // In its own directory: what a killed server leaves in /dev/shm nobody else takes away.
            "dynamic_shared_memory_type=mmap".to_owned(),
        ] {
            server.args(["-c", &setting]);
        }
        self.server = Some(server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let begun = Instant::now();
        while !self.is_ready() {
            assert!(begun.elapsed() < Duration::from_mins(1), "PostgreSQL does not start");
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// Kills every process of it at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        let mut server = self.server.take().unwrap();
        let output = Command::new("ps")
            .args(["-o", "pid=", "--ppid", &server.id().to_string()])
            .output()
            .unwrap();
        let mut processes: Vec<String> = String::from_utf8(output.stdout)
            .unwrap()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        processes.push(server.id().to_string());
        // First all of them stand still, so that none can write what it sees the others die of.
        for signal in ["-STOP", "-KILL"] {
            Command::new("kill")
                .arg(signal)
                .args(&processes)
                .stderr(Stdio::null())
                .status()
                .unwrap();
        }
        server.wait().unwrap();
        // As long as one of them is on its way out it holds the memory that the next server would take for itself.
        while processes.iter().any(|process| is_running(process)) {
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }

    pub(crate) fn url(&self, database: &str) -> String {
        // `postgres.c` reads along.
        format!("postgres://kagimori@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn sql(&self, database: &str, sql: &str) {
        let mut psql = Command::new(format!("{BINARIES}/psql"));
        psql.args([
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-o",
            "/dev/null",
            "-d",
            &self.url(database),
            "-c",
            sql,
        ]);
        assert!(psql.status().unwrap().success(), "{sql}");
    }

    fn is_ready(&self) -> bool {
        let mut ready = Command::new(format!("{BINARIES}/pg_isready"));
        ready
            .args(["-q", "-d", &self.url("postgres")])
            .status()
            .unwrap()
            .success()
    }
}

/// Where files lie in memory, if there is room for a cluster. It makes and drops a database for each kill, and waits for
/// some hundred files each time. What a kill takes is what the server had not yet written, wherever it writes.
fn in_memory() -> Option<&'static str> {
    let output = Command::new("df")
        .args(["--output=avail", "-k", MEMORY])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let available: u64 = text.lines().nth(1)?.trim().parse().ok()?;
    (available > ROOM).then_some(MEMORY)
}

/// Neither gone nor dead and only not waited for.
fn is_running(process: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest.starts_with(['Z', 'X']));
    state == Some(false)
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.server.is_some() {
            self.kill();
        }
    }
}

/// A program of PostgreSQL. It refuses to run as root, so root lends it another user.
fn command(program: &str, place: &Path) -> Command {
    let mut command = Command::new(PathBuf::from(BINARIES).join(program));
    command.current_dir(place);
    if let Some((uid, gid)) = other_user() {
        command.uid(uid).gid(gid);
    }
    command
}

fn other_user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt as _;
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let fields: Vec<&str> = users
        .lines()
        .find(|line| line.starts_with("postgres:"))
        .expect("a user postgres")
        .split(':')
        .collect();
    Some((fields[2].parse().unwrap(), fields[3].parse().unwrap()))
}
