//! Every `await` between a request and its acknowledgement, read from the source.

/// A file, its source, and its functions with how many awaits each has.
type File = (&'static str, &'static str, &'static [(&'static str, usize)]);

/// The functions of the path, by file, in the order in which a confirm walks them, and how many awaits each has.
const PATH: &[File] = &[
    (
        "desk/mod.rs",
        include_str!("../../src/desk/mod.rs"),
        &[
            ("perform", 1),
            ("perform_all", 2),
            ("attempt", 2),
            ("decided", 4),
            ("committed", 1),
            ("standing", 1),
            ("record", 1),
        ],
    ),
    (
        "desk/revocation.rs",
        include_str!("../../src/desk/revocation.rs"),
        &[("propose", 3), ("facts", 3)],
    ),
    (
        "desk/reissue/morning.rs",
        include_str!("../../src/desk/reissue/morning.rs"),
        &[
            ("keep_mornings", 4),
            ("keep_morning", 3),
            ("open_all", 3),
            ("open_together", 1),
            ("is_its_own", 1),
        ],
    ),
    (
        "store/case.rs",
        include_str!("../../src/store/case.rs"),
        &[("case", 2), ("commit", 2), ("run", 35)],
    ),
    (
        "store/writer.rs",
        include_str!("../../src/store/writer.rs"),
        &[
            ("write", 10),
            ("serve", 4),
            ("serve_batch", 2),
            ("commit", 3),
            ("follow", 3),
            ("connection", 1),
            ("begin", 3),
        ],
    ),
    (
        "store/status.rs",
        include_str!("../../src/store/status.rs"),
        &[("revoke", 3), ("after", 1), ("last_and", 1)],
    ),
    (
        "store/certificate.rs",
        include_str!("../../src/store/certificate.rs"),
        &[("row", 1), ("issued_after", 1)],
    ),
    (
        "store/receipt.rs",
        include_str!("../../src/store/receipt.rs"),
        &[("give", 1)],
    ),
    (
        "store/evidence.rs",
        include_str!("../../src/store/evidence.rs"),
        &[("keep", 1)],
    ),
    (
        "store/errand.rs",
        include_str!("../../src/store/errand.rs"),
        &[("queue", 1)],
    ),
    (
        "store/event.rs",
        include_str!("../../src/store/event.rs"),
        &[("append", 3)],
    ),
    (
        "store/audit.rs",
        include_str!("../../src/store/audit.rs"),
        &[
            ("planted", 2),
            ("standing", 1),
            ("keep", 1),
            ("follow", 2),
            ("root_at", 1),
        ],
    ),
    (
        "store/follow.rs",
        include_str!("../../src/store/follow.rs"),
        &[("follow", 3), ("refuse_if_behind", 1), ("mark", 1)],
    ),
    ("journal.rs", include_str!("../../src/journal.rs"), &[("append", 1)]),
];

pub(crate) fn are_listed() {
    let mut awaits = 0;
    let mut changed = Vec::new();
    for (file, source, functions) in PATH {
        for (function, expected) in *functions {
            let found = of(source, function);
            for (line, text) in &found {
                println!("  {file}:{line} {function}: {text}");
            }
            if found.len() != *expected {
                changed.push(format!("{file} {function}: {} instead of {expected}", found.len()));
            }
            awaits += found.len();
        }
    }
    println!("{awaits} awaits of the write path");
    assert!(changed.is_empty(), "the write path has changed: {changed:#?}");
}

/// The lines of all functions of this name that wait.
fn of<'a>(source: &'a str, function: &str) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    let mut inside: Option<usize> = None;
    for (count, line) in source.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        match inside {
            None if line.contains("async fn ")
                && [format!("fn {function}("), format!("fn {function}<")]
                    .iter()
                    .any(|head| line.contains(head)) =>
            {
                inside = Some(indent);
            }
            // rustfmt puts the closing brace of a function under its beginning.
            Some(begun) if indent == begun && line.trim() == "}" => inside = None,
            Some(_) => found.extend(std::iter::repeat_n(
                (count + 1, line.trim()),
                line.matches(".await").count(),
            )),
            None => {}
        }
    }
    found
}
