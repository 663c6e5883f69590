-- 契約: the offices of companies that a service centre serves, by their number there.
CREATE TABLE organisation (
    id BLOB NOT NULL PRIMARY KEY,
    office TEXT NOT NULL,
    number TEXT NOT NULL,
    company TEXT NOT NULL,
    place TEXT NOT NULL,
    in_force BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    document TEXT NOT NULL
);
CREATE UNIQUE INDEX organisation_number ON organisation (office, number);

-- 利用者: who logs in for an organisation, and the hash of the password (PHC string) once one was chosen.
CREATE TABLE organisation_user (
    id BLOB NOT NULL PRIMARY KEY,
    office TEXT NOT NULL,
    organisation BLOB NOT NULL,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    mail TEXT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    phc TEXT
);
CREATE UNIQUE INDEX organisation_user_login ON organisation_user (office, login);
CREATE INDEX organisation_user_organisation ON organisation_user (organisation, login);

-- 新着情報: what an organisation is told on its menu, in the transaction that made it so.
CREATE TABLE news (
    id BLOB NOT NULL PRIMARY KEY,
    organisation BLOB NOT NULL,
    case_id BLOB NOT NULL,
    category TEXT NOT NULL,
    words TEXT NOT NULL,
    number TEXT,
    at BIGINT NOT NULL
);
CREATE INDEX news_organisation ON news (organisation, at);

-- What an errand's document says once it is done or given up: a link that was sent by mail is not kept.
ALTER TABLE errand ADD COLUMN spent TEXT;
