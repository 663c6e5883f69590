-- What an officer copies from a paper until it is complete and becomes a case: nothing typed and nothing scanned is lost
-- meanwhile. Nothing is decided from it, and it goes after some days.
CREATE TABLE paper_draft (
    case_id BYTEA NOT NULL,
    officer BYTEA NOT NULL,
    office TEXT NOT NULL,
    document TEXT NOT NULL,
    kept_at BIGINT NOT NULL,
    PRIMARY KEY (case_id, officer)
);
CREATE INDEX paper_draft_officer ON paper_draft (officer, office, kept_at);
CREATE INDEX paper_draft_kept ON paper_draft (kept_at);

CREATE TABLE paper_scan (
    case_id BYTEA NOT NULL,
    officer BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    octets BYTEA NOT NULL,
    kept_at BIGINT NOT NULL,
    PRIMARY KEY (case_id, officer, digest)
);
CREATE INDEX paper_scan_kept ON paper_scan (kept_at);

-- The holder's name as it is compared, in octets so that every database orders it alike: a certificate is found by what
-- a paper says.
CREATE TABLE certificate_holder (
    authority TEXT NOT NULL,
    serial BYTEA NOT NULL,
    searched BYTEA NOT NULL,
    PRIMARY KEY (authority, serial)
);
CREATE INDEX certificate_holder_searched ON certificate_holder (searched);
