-- Tokens of programs. The token itself is told once and kept nowhere; `hash` is its SHA-256.
CREATE TABLE token (
    id BYTEA NOT NULL PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    officer BYTEA NOT NULL,
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
    name BYTEA NOT NULL PRIMARY KEY,
    request BYTEA NOT NULL,
    answer BYTEA,
    begun_at BIGINT NOT NULL
);
CREATE INDEX idempotency_begun ON idempotency (begun_at);

-- Applications of holders that a program began: whose program it is, and what was read before the card was shown.
CREATE TABLE begun (
    case_id BYTEA NOT NULL PRIMARY KEY,
    officer BYTEA NOT NULL,
    office TEXT NOT NULL,
    language TEXT NOT NULL,
    flow BYTEA NOT NULL,
    terms BYTEA NOT NULL,
    nonce BYTEA NOT NULL,
    at BIGINT NOT NULL
);
