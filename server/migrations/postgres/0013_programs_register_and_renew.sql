-- Registrations and renewals at ordering bodies that a program began: whose program it is, and what its cards are to answer.
CREATE TABLE begun_with_card (
    case_id BYTEA NOT NULL PRIMARY KEY,
    officer BYTEA NOT NULL,
    office TEXT NOT NULL,
    procedure TEXT NOT NULL,
    change BIGINT NOT NULL,
    language TEXT NOT NULL,
    nonce BYTEA NOT NULL,
    at BIGINT NOT NULL
);
