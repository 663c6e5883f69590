//! In which language a page speaks: what the address asks for, else what was chosen, else what the browser prefers,
//! else Japanese.

use axum::http::{HeaderMap, HeaderValue, header};
use wire::office::Language;

/// The language of a request.
pub(crate) fn of(headers: &HeaderMap, query: Option<&str>) -> Language {
    asked(query)
        .or_else(|| cookie(headers, COOKIE).and_then(Language::from_tag))
        .or_else(|| preferred(headers))
        .unwrap_or_default()
}

/// The cookie that remembers a choice. It says nothing about a person.
pub(crate) fn remember(language: Language, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!(
        "{COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}",
        language.tag()
    );
    // Letters of ours only.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// A cookie's value. Where a name was sent twice the first counts.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

fn asked(query: Option<&str>) -> Option<Language> {
    query?
        .split('&')
        .find_map(|pair| pair.strip_prefix("lang="))
        .and_then(Language::from_tag)
}

/// `Accept-Language`, by its weights; the first of equals counts (RFC 9110 §12.5.4).
fn preferred(headers: &HeaderMap) -> Option<Language> {
    let wishes = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(u32, Language)> = None;
    for wish in wishes.split(',').take(MOST_WISHES) {
        let (tag, weight) = match wish.split_once(';') {
            Some((tag, weight)) => (tag.trim(), thousandths(weight)),
            None => (wish.trim(), 1_000),
        };
        if let Some(language) = Language::from_tag(tag)
            && weight > best.map_or(0, |(weight, _)| weight)
        {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

fn thousandths(weight: &str) -> u32 {
    let Some(number) = weight.trim().strip_prefix("q=") else {
        return 1_000;
    };
    let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{rest:0<3}");
    if whole == "1" {
        1_000
    } else {
        digits.get(..3).and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }
}

const COOKIE: &str = "kagimori-language";
const MOST_WISHES: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn the_address_speaks_before_the_choice_and_the_choice_before_the_browser() {
        let browser = headers(&[(header::ACCEPT_LANGUAGE, "fr, en;q=0.8, ja;q=0.9")]);
        assert_eq!(of(&browser, None), Language::Ja);
        let chosen = headers(&[
            (header::ACCEPT_LANGUAGE, "ja"),
            (header::COOKIE, "a=b; kagimori-language=en"),
        ]);
        assert_eq!(of(&chosen, None), Language::En);
        assert_eq!(of(&chosen, Some("print=1&lang=ja")), Language::Ja);
        assert_eq!(of(&HeaderMap::new(), None), Language::Ja);
        assert_eq!(of(&headers(&[(header::ACCEPT_LANGUAGE, "en-GB")]), None), Language::En);
    }
}
