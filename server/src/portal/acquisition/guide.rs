//! 取得手順書: how what was acquired comes into a browser of a system. Whoever sits at a terminal reads it without a login.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

use askama::Template;

use crate::office::Office;
use crate::portal::page::{Page, render};
use crate::portal::visit::{Stop, Visit};

/// A browser of a system, and the ways that a key comes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Guide {
    system: Name,
    browser: Name,
    file: Way,
    token: Way,
}

/// As it stands in an address, and as its maker writes it, in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name {
    key: &'static str,
    written: &'static str,
}

/// Steps in the catalogues: `guide-{key}-1` and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Way {
    key: &'static str,
    steps: usize,
    /// Whether something is to be known besides, `guide-{key}-note`.
    noted: bool,
}

#[derive(Template)]
#[template(path = "acquisition/guides.html")]
struct Guides {
    page: Page,
    office: Arc<Office>,
    systems: Vec<System>,
}

struct System {
    name: &'static str,
    browsers: Vec<Link>,
}

struct Link {
    path: String,
    name: &'static str,
}

#[derive(Template)]
#[template(path = "acquisition/guide.html")]
struct OneGuide {
    page: Page,
    office: Arc<Office>,
    title: String,
    parts: Vec<Part>,
}

/// A heading and what to do, step by step.
struct Part {
    id: &'static str,
    title: String,
    lead: String,
    steps: Vec<String>,
    note: Option<String>,
}

/// `GET /{office}/acquisition/guide`
pub(super) async fn all(visit: Visit) -> Result<Response, Stop> {
    let (office, _) = visit.centre()?;
    let mut systems: Vec<System> = Vec::new();
    for guide in &GUIDES {
        let link = Link {
            path: format!(
                "/{}/acquisition/guide/{}/{}",
                office.id, guide.system.key, guide.browser.key
            ),
            name: guide.browser.written,
        };
        match systems.iter_mut().find(|system| system.name == guide.system.written) {
            Some(system) => system.browsers.push(link),
            None => systems.push(System {
                name: guide.system.written,
                browsers: vec![link],
            }),
        }
    }
    let page = visit.page();
    Ok(render(StatusCode::OK, &Guides { page, office, systems }))
}

/// `GET /{office}/acquisition/guide/{system}/{browser}`
pub(super) async fn one(
    Path((_, system, browser)): Path<(String, String, String)>,
    visit: Visit,
) -> Result<Response, Stop> {
    let (office, _) = visit.centre()?;
    let guide = GUIDES
        .iter()
        .find(|guide| guide.system.key == system && guide.browser.key == browser)
        .ok_or_else(|| visit.not_found())?;
    let page = visit.page();
    let names = [("system", guide.system.written), ("browser", guide.browser.written)];
    let part = |id: &'static str, way: Way| Part {
        id,
        title: page.t(&format!("guide-{id}-title")),
        lead: page.t(&format!("guide-{id}-lead")),
        steps: (1..=way.steps)
            .map(|n| page.words.say_with(&format!("guide-{}-{n}", way.key), &names))
            .collect(),
        note: way.noted.then(|| page.t(&format!("guide-{}-note", way.key))),
    };
    let view = OneGuide {
        title: page.words.say_with("guide-one", &names),
        parts: vec![
            part("before", BEFORE),
            part("file", guide.file),
            part("token", guide.token),
            part("check", CHECK),
            part("trouble", TROUBLE),
        ],
        office,
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

const fn name(key: &'static str, written: &'static str) -> Name {
    Name { key, written }
}

const fn way(key: &'static str, steps: usize, noted: bool) -> Way {
    Way { key, steps, noted }
}

const fn guide(system: Name, browser: Name, file: Way, token: Way) -> Guide {
    Guide {
        system,
        browser,
        file,
        token,
    }
}

const GUIDES: [Guide; 8] = [
    guide(WINDOWS, EDGE, FILE_WINDOWS, TOKEN_WINDOWS),
    guide(WINDOWS, CHROME, FILE_WINDOWS, TOKEN_WINDOWS),
    guide(WINDOWS, FIREFOX, FILE_FIREFOX, TOKEN_FIREFOX),
    guide(MACOS, SAFARI, FILE_KEYCHAIN, TOKEN_KEYCHAIN),
    guide(MACOS, CHROME, FILE_KEYCHAIN, TOKEN_KEYCHAIN),
    guide(MACOS, FIREFOX, FILE_FIREFOX, TOKEN_FIREFOX),
    guide(LINUX, CHROME, FILE_CHROME, TOKEN_CHROME),
    guide(LINUX, FIREFOX, FILE_FIREFOX, TOKEN_FIREFOX),
];

const WINDOWS: Name = name("windows", "Windows");
const MACOS: Name = name("macos", "macOS");
const LINUX: Name = name("linux", "Linux");
const EDGE: Name = name("edge", "Microsoft Edge");
const CHROME: Name = name("chrome", "Google Chrome");
const FIREFOX: Name = name("firefox", "Firefox");
const SAFARI: Name = name("safari", "Safari");

const BEFORE: Way = way("before", 5, false);
const FILE_WINDOWS: Way = way("file-windows", 6, true);
const FILE_FIREFOX: Way = way("file-firefox", 5, false);
const FILE_KEYCHAIN: Way = way("file-keychain", 4, true);
const FILE_CHROME: Way = way("file-chrome", 4, false);
const TOKEN_WINDOWS: Way = way("token-windows", 3, false);
const TOKEN_FIREFOX: Way = way("token-firefox", 4, false);
const TOKEN_KEYCHAIN: Way = way("token-keychain", 3, false);
const TOKEN_CHROME: Way = way("token-chrome", 3, false);
const CHECK: Way = way("check", 4, false);
const TROUBLE: Way = way("trouble", 4, false);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Words;
    use wire::office::Language;

    #[test]
    fn every_step_of_every_guide_is_written_in_both_languages() {
        let ways: Vec<Way> = GUIDES
            .iter()
            .flat_map(|guide| [guide.file, guide.token])
            .chain([BEFORE, CHECK, TROUBLE])
            .collect();
        for language in [Language::Ja, Language::En] {
            let words = Words::of(language);
            let names = [("system", "Windows"), ("browser", "Firefox")];
            for way in &ways {
                for n in 1..=way.steps {
                    let text = words.say_with(&format!("guide-{}-{n}", way.key), &names);
                    assert!(!text.contains('⟦') && !text.contains('{'), "{text}");
                }
                let more = words.say_with(&format!("guide-{}-{}", way.key, way.steps + 1), &names);
                assert!(more.contains('⟦'), "a step that nobody reads: {more}");
                if way.noted {
                    assert!(!words.say(&format!("guide-{}-note", way.key)).contains('⟦'));
                }
            }
        }
    }
}
