//! Where one is (パンくず): the way from ホーム to a page behind the login.

use crate::portal::page::{Crumb, Page};

/// ホーム, and behind it the pages of these names down to this one.
pub(crate) fn crumbs(page: &Page, names: &[&str]) -> Vec<Crumb> {
    let home = Crumb {
        name: page.t("user-tab-home"),
        path: Some(page.home()),
    };
    let behind = names.iter().map(|name| Crumb {
        name: page.t(name),
        path: None,
    });
    [home].into_iter().chain(behind).collect()
}
