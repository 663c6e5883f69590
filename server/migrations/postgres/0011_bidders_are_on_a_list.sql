-- 入札参加資格者名簿. Days are counted from 1970-01-01. What stands here is in force; what stood there before is in
-- `register_former`. `digest` is of the content alone, so that the same file again changes nothing; `changed_by` is NULL
-- where an operator's file said it. An entry that is `removed` keeps its history.
CREATE TABLE register_entry (
    office TEXT NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    name_kana TEXT NOT NULL,
    address TEXT NOT NULL,
    representative TEXT NOT NULL,
    delegate TEXT,
    delegate_from BIGINT,
    delegate_until BIGINT,
    corporate_number TEXT,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    search TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by BYTEA,
    reason TEXT NOT NULL,
    removed BIGINT NOT NULL,
    PRIMARY KEY (office, number)
);
CREATE TABLE register_former (
    office TEXT NOT NULL,
    number TEXT NOT NULL,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_kana TEXT NOT NULL,
    address TEXT NOT NULL,
    representative TEXT NOT NULL,
    delegate TEXT,
    delegate_from BIGINT,
    delegate_until BIGINT,
    corporate_number TEXT,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by BYTEA,
    reason TEXT NOT NULL,
    removed BIGINT NOT NULL,
    PRIMARY KEY (office, number, version)
);

-- How a company proves itself: its registration password (Argon2id, PHC string), or the code of a letter, told once and kept
-- as its SHA-256. A new letter voids the one before.
CREATE TABLE registration_password (
    office TEXT NOT NULL,
    number TEXT NOT NULL,
    phc TEXT NOT NULL,
    PRIMARY KEY (office, number)
);
CREATE TABLE letter_code (
    office TEXT NOT NULL,
    number TEXT NOT NULL,
    hash BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (office, number)
);
-- Tries that were not successful, counted for numbers that are on no list too.
CREATE TABLE register_try (
    office TEXT NOT NULL,
    number TEXT NOT NULL,
    tries BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (office, number)
);

-- Open bids as the bidding systems of an office tell them, each system its whole list. Nothing is decided by them.
CREATE TABLE bid (
    office TEXT NOT NULL,
    system TEXT NOT NULL,
    line BIGINT NOT NULL,
    bid TEXT NOT NULL,
    title TEXT NOT NULL,
    opens_on BIGINT NOT NULL,
    card BYTEA,
    issuer BYTEA,
    serial BYTEA,
    number TEXT,
    told_at BIGINT NOT NULL,
    PRIMARY KEY (office, system, line)
);
CREATE INDEX bid_card ON bid (card);
CREATE INDEX bid_serial ON bid (serial);
CREATE INDEX bid_number ON bid (office, number);
