//! An entry of the 入札参加資格者名簿 beside a card (DOMAIN §5.2).

use super::day;
use casework::names::Class;
use casework::register::{BusinessNumber, CardNames, Delegate, Entry, Numbers, Person, compare};

#[test]
fn r204_company_and_person_are_compared_and_either_holds() {
    let matching = compare(&entry(), &card());
    assert_eq!(
        (matching.company.class, matching.person.class),
        (Class::Match, Class::Match)
    );
    assert_eq!(
        (matching.class(), matching.against),
        (Class::Match, Person::Representative)
    );
    let other_company = compare(
        &entry(),
        &CardNames {
            company: "株式会社B",
            ..card()
        },
    );
    assert_eq!(
        (other_company.company.class, other_company.person.class),
        (Class::Mismatch, Class::Match)
    );
    assert_eq!(other_company.class(), Class::Mismatch);
    let other_person = compare(
        &entry(),
        &CardNames {
            holder: "鈴木花子",
            ..card()
        },
    );
    assert_eq!(
        (other_person.company.class, other_person.person.class),
        (Class::Match, Class::Mismatch)
    );
    assert_eq!(other_person.class(), Class::Mismatch);
    let variant = compare(
        &entry(),
        &CardNames {
            holder: "高橋一郎",
            ..card()
        },
    );
    assert_eq!(variant.class(), Class::Variant);
    let latin = compare(
        &entry(),
        &CardNames {
            holder: "TAKAHASHI ICHIRO",
            ..card()
        },
    );
    assert_eq!(
        (latin.person.class, latin.class()),
        (Class::NotComparable, Class::NotComparable)
    );
}

#[test]
fn r205_the_holder_is_the_representative_or_the_delegate_of_the_whole_qualification() {
    let delegated = delegated(0, 0);
    assert_eq!(delegated.shown_representative(), "鈴木花子");
    let by_delegate = compare(
        &delegated,
        &CardNames {
            holder: "鈴木\u{3000}花子",
            ..card()
        },
    );
    assert_eq!(
        (by_delegate.person.class, by_delegate.against),
        (Class::Match, Person::Delegate)
    );
    let by_representative = compare(&delegated, &card());
    assert_eq!(
        (by_representative.person.class, by_representative.against),
        (Class::Match, Person::Representative)
    );
    let by_neither = compare(
        &delegated,
        &CardNames {
            holder: "佐藤次郎",
            ..card()
        },
    );
    assert_eq!(
        (by_neither.person.class, by_neither.against),
        (Class::Mismatch, Person::Representative)
    );
}

#[test]
fn r206_a_delegation_that_lacks_a_day_counts_for_nothing() {
    for (later, earlier, class) in [
        (0, 0, Class::Match),
        (-1, 1, Class::Match),
        (1, 0, Class::Mismatch),
        (0, -1, Class::Mismatch),
    ] {
        let entry = delegated(later, earlier);
        let compared = compare(
            &entry,
            &CardNames {
                holder: "鈴木花子",
                ..card()
            },
        );
        assert_eq!(compared.person.class, class, "{later} {earlier}");
        let shown = if class == Class::Match {
            "鈴木花子"
        } else {
            "髙橋一郎"
        };
        assert_eq!(entry.shown_representative(), shown);
    }
}

#[test]
fn r207_the_category_is_not_part_of_the_name_and_r208_nor_is_the_address() {
    let entry = Entry {
        name: "株式会社A【物品】".into(),
        address: "札幌市中央区1".into(),
        ..entry()
    };
    assert_eq!(compare(&entry, &card()).class(), Class::Match);
}

#[test]
fn the_corporate_number_decides_where_both_sides_have_one() {
    let numbered = |name: &str| Entry {
        name: name.into(),
        corporate_number: Some("7000012050002".into()),
        ..entry()
    };
    let showing = |company, corporate_number| CardNames {
        company,
        corporate_number: Some(corporate_number),
        ..card()
    };
    for (name, company, number, numbers, class) in [
        (
            "株式会社髙橋",
            "株式会社髙橋",
            "7000012050002",
            Numbers::Equal,
            Class::Match,
        ),
        (
            "株式会社髙橋",
            "株式会社高橋",
            "７０００-０１２０-５０００２",
            Numbers::Equal,
            Class::Match,
        ),
        (
            "株式会社髙橋",
            "株式会社山田",
            "7000012050002",
            Numbers::Equal,
            Class::Mismatch,
        ),
        (
            "",
            "株式会社山田",
            "7000012050002",
            Numbers::Equal,
            Class::NotComparable,
        ),
        (
            "株式会社髙橋",
            "株式会社髙橋",
            "7000012050003",
            Numbers::Different,
            Class::Mismatch,
        ),
        (
            "株式会社髙橋",
            "株式会社高橋",
            "7000012050003",
            Numbers::Different,
            Class::Mismatch,
        ),
        ("株式会社髙橋", "株式会社高橋", "", Numbers::Unknown, Class::Variant),
        ("株式会社髙橋", "株式会社髙橋", "なし", Numbers::Unknown, Class::Match),
        (
            "株式会社髙橋",
            "株式会社髙橋",
            "700001205000",
            Numbers::Unknown,
            Class::Match,
        ),
        (
            "株式会社髙橋",
            "株式会社髙橋",
            "70000120500022",
            Numbers::Unknown,
            Class::Match,
        ),
    ] {
        let compared = compare(&numbered(name), &showing(company, number));
        assert_eq!(
            (compared.numbers, compared.company.class),
            (numbers, class),
            "{name} {company} {number}"
        );
    }
    let unnumbered = Entry {
        name: "株式会社髙橋".into(),
        ..entry()
    };
    let compared = compare(&unnumbered, &showing("株式会社高橋", "7000012050002"));
    assert_eq!(
        (compared.numbers, compared.company.class),
        (Numbers::Unknown, Class::Variant)
    );
}

#[test]
fn an_issuer_that_cuts_names_cuts_both() {
    let cut = CardNames {
        holder: "髙橋",
        cut_after: Some(2),
        ..card()
    };
    assert_eq!(compare(&entry(), &cut).person.class, Class::NotComparable);
    let named = CardNames {
        holder: "髙橋",
        ..card()
    };
    assert_eq!(compare(&entry(), &named).person.class, Class::Mismatch);
}

#[test]
fn a_business_number_has_one_way_of_writing() {
    let number = |text: &str| BusinessNumber::parse(text).map(|number| number.to_string());
    for typed in ["A-0123", "ａ－０１２３", " a-0123\u{3000}"] {
        assert_eq!(number(typed).as_deref(), Some("A-0123"), "{typed:?}");
    }
    assert_eq!(number("12345678901234567890").map(|number| number.len()), Some(20));
    for none in ["", " ", "--", "A_1", "業者1", "123456789012345678901", "=1+2", "1\n2"] {
        assert_eq!(number(none), None, "{none:?}");
    }
}

fn entry() -> Entry {
    Entry {
        number: BusinessNumber::parse("0001234").unwrap(),
        name: "株式会社A".into(),
        name_kana: "エー".into(),
        address: "札幌市中央区1".into(),
        representative: "髙橋一郎".into(),
        delegate: None,
        corporate_number: None,
        valid: (day(2025, 4, 1).day(), day(2027, 3, 31).day()),
    }
}

/// With a delegation that begins and ends so many days after the qualification.
fn delegated(from: i32, until: i32) -> Entry {
    let (first, last) = entry().valid;
    Entry {
        delegate: Some(Delegate {
            name: "鈴木花子".into(),
            from: first.plus(from),
            until: last.plus(until),
        }),
        ..entry()
    }
}

fn card() -> CardNames<'static> {
    CardNames {
        company: "（株）Ａ",
        holder: "髙橋\u{3000}一郎",
        corporate_number: None,
        cut_after: None,
    }
}
