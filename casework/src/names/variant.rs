//! The table of glyphs that are one character (DOMAIN §9.3, K2).
//!
//! The table is this house's own. It is closed: a pair enters by a new version, and a comparison that is kept says by which
//! one it was made. Nothing is folded twice, so each variant has one base and no base is a variant.

/// Which [`TABLE`] this is.
pub const TABLE_VERSION: u32 = 1;

/// Each variant with its base, ascending by variant. Never here: 斉/斎, 崎/埼/碕, 辺/部, 沢/択, 高/嵩, 島/縞, 々, small kana
/// (キヤノン/キャノン) but ヶ and ヵ, and what only looks alike (一/ー, ニ/二, ロ/口, ハ/八, カ/力, ヘ/へ).
pub const TABLE: &[(char, char)] = &[
    ('ヵ', 'カ'),
    ('ヶ', 'ケ'),
    ('佛', '仏'),
    ('假', '仮'),
    ('傳', '伝'),
    ('冨', '富'),
    ('國', '国'),
    ('圓', '円'),
    ('增', '増'),
    ('壽', '寿'),
    ('學', '学'),
    ('嵜', '崎'),
    ('嶋', '島'),
    ('嶌', '島'),
    ('廣', '広'),
    ('彌', '弥'),
    ('德', '徳'),
    ('惠', '恵'),
    ('曾', '曽'),
    ('會', '会'),
    ('栁', '柳'),
    ('桒', '桑'),
    ('條', '条'),
    ('榮', '栄'),
    ('櫻', '桜'),
    ('渕', '淵'),
    ('澁', '渋'),
    ('澤', '沢'),
    ('濟', '済'),
    ('濱', '浜'),
    ('濵', '浜'),
    ('瀧', '滝'),
    ('瀨', '瀬'),
    ('眞', '真'),
    ('禮', '礼'),
    ('與', '与'),
    ('舘', '館'),
    ('萬', '万'),
    ('藏', '蔵'),
    ('豐', '豊'),
    ('賴', '頼'),
    ('邉', '辺'),
    ('邊', '辺'),
    ('靜', '静'),
    ('髙', '高'),
    ('黑', '黒'),
    ('齊', '斉'),
    ('齋', '斎'),
    ('龍', '竜'),
    ('﨑', '崎'),
    ('𠮷', '吉'),
];

/// The character that `character` is a glyph of; itself where the table has none.
pub(super) fn fold(character: char) -> char {
    TABLE
        .binary_search_by_key(&character, |(variant, _)| *variant)
        .ok()
        .and_then(|at| TABLE.get(at))
        .map_or(character, |(_, base)| *base)
}
