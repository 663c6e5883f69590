-- Tokens of programs. The token itself is told once and kept nowhere; `hash` is its SHA-256.
CREATE TABLE token (
    id BLOB NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    officer BLOB NOT NULL,
    office TEXT NOT NULL,
    label TEXT NOT NULL,
    scopes TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    used_at BIGINT
);
CREATE INDEX token_office ON token (office, made_at);

-- What a request with an Idempotency-Key was answered with, sealed with a key that only its token's holder has.
CREATE TABLE idempotency (
    name BLOB NOT NULL PRIMARY KEY,
    request BLOB NOT NULL,
    answer BLOB,
    begun_at BIGINT NOT NULL
);
CREATE INDEX idempotency_begun ON idempotency (begun_at);

-- Applications of holders that a program began: whose program it is, and what was read before the card was shown.
CREATE TABLE begun (
    case_id BLOB NOT NULL PRIMARY KEY,
    officer BLOB NOT NULL,
    office TEXT NOT NULL,
    language TEXT NOT NULL,
    flow BLOB NOT NULL,
    terms BLOB NOT NULL,
    nonce BLOB NOT NULL,
    at BIGINT NOT NULL
);
