-- Revocation lists of the issuers that offices accept beside our own authorities, as they were last fetched and verified.
CREATE TABLE trusted_list (
    issuer BLOB NOT NULL,
    url TEXT NOT NULL,
    this_update BIGINT NOT NULL,
    fetched_at BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    tag TEXT,
    der BLOB NOT NULL,
    PRIMARY KEY (issuer, url)
);
