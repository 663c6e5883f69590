-- Every version that an office's file had; `changed_by` is the officer who saved it, none where an operator loaded it.
CREATE TABLE office_version (
    office TEXT NOT NULL,
    version BIGINT NOT NULL,
    document TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by BYTEA,
    PRIMARY KEY (office, version)
);
INSERT INTO office_version (office, version, document, changed_at)
    SELECT id, version, document, changed_at FROM office;
