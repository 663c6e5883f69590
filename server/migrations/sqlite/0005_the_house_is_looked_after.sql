-- An alarm from its beginning to its end. At most one of a thing stands open.
CREATE TABLE alarm (
    id BLOB NOT NULL PRIMARY KEY,
    what TEXT NOT NULL,
    about TEXT NOT NULL,
    node TEXT NOT NULL,
    state TEXT NOT NULL,
    says TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX alarm_open ON alarm (ended_at, what, about);

-- What is to be erased, from its mark on: until `erase_at` the mark can be taken back. The row stays as the proof.
CREATE TABLE tombstone (
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    rule TEXT NOT NULL,
    expires BIGINT NOT NULL,
    kept_until BIGINT NOT NULL,
    marked_at BIGINT NOT NULL,
    erase_at BIGINT NOT NULL,
    erased_at BIGINT,
    PRIMARY KEY (kind, id)
);
CREATE INDEX tombstone_due ON tombstone (erased_at, erase_at);
