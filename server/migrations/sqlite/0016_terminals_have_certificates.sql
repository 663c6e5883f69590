-- 論理端末: the terminals that a service centre has given to its customers, each with its latest 認証コード2, encrypted.
CREATE TABLE terminal (
    office TEXT NOT NULL,
    division TEXT NOT NULL,
    device TEXT NOT NULL,
    name TEXT NOT NULL,
    organisation BLOB NOT NULL,
    code BLOB,
    grant_id BLOB,
    issued_on BIGINT,
    valid_until BIGINT,
    suspended BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (office, division, device, name)
);
CREATE INDEX terminal_organisation ON terminal (organisation, division, name, device);

-- The rights to a new certificate: one for each terminal of an application, and when time has something to do with it next.
CREATE TABLE terminal_grant (
    id BLOB NOT NULL PRIMARY KEY,
    office TEXT NOT NULL,
    division TEXT NOT NULL,
    device TEXT NOT NULL,
    name TEXT NOT NULL,
    application BLOB NOT NULL,
    until_at BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    wakes_at BIGINT
);
CREATE UNIQUE INDEX terminal_grant_once ON terminal_grant (application, division, device, name);
CREATE INDEX terminal_grant_wakes ON terminal_grant (wakes_at);

-- The certificates of terminals.
CREATE TABLE terminal_certificate (
    authority TEXT NOT NULL,
    serial BLOB NOT NULL,
    office TEXT NOT NULL,
    division TEXT NOT NULL,
    device TEXT NOT NULL,
    name TEXT NOT NULL,
    grant_id BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    since_at BIGINT NOT NULL,
    installed_at BIGINT,
    PRIMARY KEY (authority, serial)
);
CREATE INDEX terminal_certificate_terminal ON terminal_certificate (office, division, device, name);
CREATE UNIQUE INDEX terminal_certificate_fingerprint ON terminal_certificate (fingerprint);

-- Terminals in an application that is open (G-S3).
CREATE TABLE occupied_terminal (
    office TEXT NOT NULL,
    division TEXT NOT NULL,
    device TEXT NOT NULL,
    name TEXT NOT NULL,
    case_id BLOB NOT NULL,
    number TEXT NOT NULL,
    PRIMARY KEY (office, division, device, name)
);
CREATE INDEX occupied_terminal_case ON occupied_terminal (case_id);

-- Applications whose morning comes, or has come and is not done (R307).
CREATE TABLE awaited_morning (
    case_id BLOB NOT NULL PRIMARY KEY,
    office TEXT NOT NULL,
    day BIGINT NOT NULL
);
CREATE INDEX awaited_morning_day ON awaited_morning (day, case_id);

-- The key that seals 認証コード2, itself sealed with the passphrase of the authorities' keys.
CREATE TABLE sealing_key (
    id BIGINT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    made_at BIGINT NOT NULL
);
