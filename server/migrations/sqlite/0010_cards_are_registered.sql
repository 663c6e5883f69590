-- Cards of bidders as they were read, by their signature certificate: whoever decides looks at what they say. Foreign cards
-- are nowhere else.
CREATE TABLE card (
    fingerprint BLOB NOT NULL PRIMARY KEY,
    authentication BLOB NOT NULL,
    signature_der BLOB NOT NULL,
    authentication_der BLOB NOT NULL,
    issuer BLOB NOT NULL,
    seen_at BIGINT NOT NULL
);

-- 利用者登録: a company at an office, the card that it has now, and whom the office writes to.
CREATE TABLE registration (
    id BLOB NOT NULL PRIMARY KEY,
    office TEXT NOT NULL,
    business TEXT NOT NULL,
    card BLOB NOT NULL,
    department TEXT NOT NULL,
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    fax TEXT,
    mail TEXT NOT NULL,
    registered_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX registration_business ON registration (office, business, registered_at);

-- Every card that an office has ever known, once and never again (R112). One with `until_at` is 更新済(使用不可).
CREATE TABLE registered_card (
    office TEXT NOT NULL,
    card BLOB NOT NULL,
    registration BLOB NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT,
    PRIMARY KEY (office, card)
);
CREATE INDEX registered_card_registration ON registered_card (registration, from_at);
CREATE INDEX registered_card_card ON registered_card (card);

-- Cards that an application is about which is not decided: one such application for each card and office (G-S3).
CREATE TABLE occupied_card (
    office TEXT NOT NULL,
    card BLOB NOT NULL,
    case_id BLOB NOT NULL,
    number TEXT NOT NULL,
    PRIMARY KEY (office, card)
);
CREATE INDEX occupied_card_case ON occupied_card (case_id);

-- What is held is looked at in the order of the old cards' ends, then of age (DOMAIN §5.4). What has no such end is of no
-- other order than its age.
ALTER TABLE queue ADD COLUMN due BIGINT NOT NULL DEFAULT 0;
CREATE INDEX queue_due ON queue (office, shelf, due, since, case_id, searched);
