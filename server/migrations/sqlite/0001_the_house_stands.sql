-- Times are Unix seconds, documents are JSON, identities of certificates are (authority, serial of 20 octets).
-- The same columns as in the other dialect's file of this name; a test compares them.

CREATE TABLE office (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    document TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- One row per case of any procedure. The version is compared and swapped at every commit.
CREATE TABLE office_case (
    id BLOB NOT NULL PRIMARY KEY,
    procedure TEXT NOT NULL,
    office TEXT NOT NULL,
    language TEXT NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    document TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX office_case_unfinished ON office_case (changed_at, id) WHERE state IN ('entering', 'reviewing', 'awaiting');

CREATE TABLE certificate (
    authority TEXT NOT NULL,
    serial BLOB NOT NULL,
    case_id BLOB NOT NULL,
    profile TEXT NOT NULL,
    shard BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    tbs BLOB NOT NULL,
    intended_at BIGINT NOT NULL,
    price BIGINT,
    der BLOB,
    fingerprint BLOB UNIQUE,
    public_key BLOB,
    sequence BIGINT UNIQUE,
    issued_at BIGINT,
    PRIMARY KEY (authority, serial)
);
CREATE INDEX certificate_public_key ON certificate (public_key);
CREATE INDEX certificate_case ON certificate (case_id);

-- The revoked row: a certificate is revoked when this says so. Numbered in commit order, without gaps.
CREATE TABLE status (
    authority TEXT NOT NULL,
    serial BLOB NOT NULL,
    sequence BIGINT NOT NULL UNIQUE,
    case_id BLOB NOT NULL,
    shard BIGINT NOT NULL,
    reason BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    invalid_from BIGINT,
    not_after BIGINT NOT NULL,
    PRIMARY KEY (authority, serial)
);
CREATE INDEX status_shard ON status (authority, shard, sequence);

CREATE TABLE receipt (
    number TEXT NOT NULL PRIMARY KEY,
    check_code TEXT NOT NULL,
    case_id BLOB NOT NULL UNIQUE,
    given_at BIGINT NOT NULL
);

CREATE TABLE evidence (
    case_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    digest BLOB NOT NULL,
    content BLOB NOT NULL,
    kept_at BIGINT NOT NULL,
    unsettled_since BIGINT,
    PRIMARY KEY (case_id, kind, digest)
);
-- Texts of which it is not settled whether they were signed. Those that were not are deleted.
CREATE INDEX evidence_unsettled ON evidence (unsettled_since) WHERE unsettled_since IS NOT NULL;

CREATE TABLE event (
    sequence BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    case_id BLOB NOT NULL,
    document TEXT NOT NULL,
    salt BLOB NOT NULL,
    leaf BLOB NOT NULL,
    head BLOB NOT NULL
);
CREATE INDEX event_case ON event (case_id, sequence);

CREATE TABLE errand (
    id BLOB NOT NULL PRIMARY KEY,
    case_id BLOB NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    queued_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease TEXT,
    leased_until BIGINT,
    done_at BIGINT,
    failed_at BIGINT,
    trouble TEXT,
    UNIQUE (case_id, name)
);
CREATE INDEX errand_due ON errand (done_at, due_at);
-- Given up: done_at stands then too, and trouble says why.
CREATE INDEX errand_failed ON errand (failed_at) WHERE failed_at IS NOT NULL;

CREATE TABLE crl (
    authority TEXT NOT NULL,
    shard BIGINT NOT NULL,
    number BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    digest BLOB,
    der BLOB,
    PRIMARY KEY (authority, number)
);
CREATE INDEX crl_shard ON crl (authority, shard, number);

CREATE TABLE authority_key (
    id BLOB NOT NULL PRIMARY KEY,
    authority TEXT NOT NULL,
    purpose TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    pem TEXT NOT NULL,
    certificate BLOB,
    made_at BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE INDEX authority_key_purpose ON authority_key (authority, purpose, made_at);

CREATE TABLE session (
    token BLOB NOT NULL PRIMARY KEY,
    mark BLOB NOT NULL UNIQUE,
    csrf BLOB NOT NULL,
    former BLOB,
    former_until BIGINT,
    began_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
CREATE INDEX session_seen ON session (seen_at);
CREATE INDEX session_former ON session (former);

CREATE TABLE session_fact (
    session BLOB NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (session, name)
);

CREATE TABLE card_request (
    id BLOB NOT NULL PRIMARY KEY,
    session BLOB NOT NULL,
    office TEXT NOT NULL,
    procedure TEXT NOT NULL,
    purpose TEXT NOT NULL,
    case_id BLOB,
    nonce BLOB NOT NULL,
    document TEXT NOT NULL,
    agent_key BLOB,
    answered BIGINT NOT NULL,
    state TEXT NOT NULL,
    code BLOB UNIQUE,
    outcome TEXT,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX card_request_session ON card_request (session, made_at);
CREATE INDEX card_request_case ON card_request (case_id) WHERE case_id IS NOT NULL;

CREATE TABLE card_answer (
    request BLOB NOT NULL,
    step BIGINT NOT NULL,
    document TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (request, step)
);

-- Counted under a locked row, so that numbers follow the order of commits.
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES ('baton', 0), ('issued', 0), ('revoked', 0);

-- How far each node's revocation journal was synced, as of an earlier commit: a journal that ends before this was cut.
CREATE TABLE journal (
    key BLOB NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL,
    head BLOB NOT NULL
);
