-- Kiosks that may ask, by the SHA-256 of the key that signs their requests.
CREATE TABLE kiosk (
    id BYTEA NOT NULL PRIMARY KEY,
    office TEXT NOT NULL,
    place TEXT NOT NULL,
    public_key BYTEA NOT NULL,
    enrolled_at BIGINT NOT NULL,
    enrolled_by TEXT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX kiosk_office ON kiosk (office, enrolled_at);

-- Citizens' cards: which certificates have which number, and the unblock counter that was confirmed last.
CREATE TABLE citizen_card (
    number TEXT NOT NULL PRIMARY KEY,
    office TEXT NOT NULL,
    key_version BIGINT NOT NULL,
    authority TEXT NOT NULL,
    serial BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    signature_authority TEXT NOT NULL,
    signature_serial BYTEA NOT NULL,
    counter BIGINT NOT NULL,
    issued_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX citizen_card_fingerprint ON citizen_card (fingerprint);
CREATE UNIQUE INDEX citizen_card_certificate ON citizen_card (authority, serial);
CREATE UNIQUE INDEX citizen_card_signature ON citizen_card (signature_authority, signature_serial);
CREATE INDEX citizen_card_key ON citizen_card (key_version);

-- The master keys that unblock keys of cards come from, sealed with the passphrase of the authorities' keys.
CREATE TABLE unblock_key (
    version BIGINT NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL,
    made_at BIGINT NOT NULL
);
