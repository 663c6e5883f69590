-- The register of officers as their cases say it; a card stands there once. `at` is what the state counts from or until.
CREATE TABLE officer (
    id BYTEA NOT NULL PRIMARY KEY,
    office TEXT NOT NULL,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    company TEXT NOT NULL,
    roles TEXT NOT NULL,
    mail TEXT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    card BYTEA UNIQUE
);
CREATE INDEX officer_office ON officer (office, name);

CREATE TABLE passkey (
    credential BYTEA NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL UNIQUE,
    officer BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    counter BIGINT NOT NULL,
    label TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX passkey_officer ON passkey (officer);

-- One row per case that officers see, for lists and counts alone: nothing is decided from it.
CREATE TABLE queue (
    case_id BYTEA NOT NULL PRIMARY KEY,
    procedure TEXT NOT NULL,
    office TEXT NOT NULL,
    shelf TEXT NOT NULL,
    since BIGINT NOT NULL,
    searched TEXT NOT NULL,
    number TEXT,
    name TEXT NOT NULL,
    holder TEXT NOT NULL,
    company TEXT NOT NULL,
    ground TEXT,
    state TEXT NOT NULL,
    entered_by BYTEA,
    claimed_by BYTEA,
    claimed_until BIGINT,
    authority TEXT,
    serial BYTEA,
    version BIGINT NOT NULL
);
-- The words that are searched stand in the indexes: a search reads no rows but those that it finds.
CREATE INDEX queue_shelf ON queue (office, shelf, since, case_id, searched);
CREATE INDEX queue_office ON queue (office, since, case_id, searched);
CREATE INDEX queue_claimed ON queue (claimed_by, since, case_id);
CREATE INDEX queue_claims ON queue (office, claimed_until) WHERE claimed_until IS NOT NULL;
CREATE INDEX queue_number ON queue (number);
CREATE INDEX queue_certificate ON queue (authority, serial);

-- Letters for which there is no mail address: an officer prints and posts them.
CREATE TABLE letter (
    id BYTEA NOT NULL PRIMARY KEY,
    case_id BYTEA NOT NULL,
    office TEXT NOT NULL,
    language TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    address TEXT NOT NULL,
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    printed_at BIGINT,
    printed_by BYTEA
);
CREATE INDEX letter_office ON letter (office, printed_at, made_at);
CREATE INDEX letter_case ON letter (case_id);

-- The other half of a card is looked for among those that expire at the same moment.
CREATE INDEX certificate_not_after ON certificate (authority, not_after);
