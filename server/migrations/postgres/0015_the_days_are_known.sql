-- Holidays are data (DOMAIN §10.3): each year is whole, as this program was shipped with it or as the operator's file said.
CREATE TABLE holiday_year (
    year BIGINT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    digest BYTEA NOT NULL
);
CREATE TABLE holiday (
    day BIGINT NOT NULL PRIMARY KEY,
    year BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL
);
CREATE INDEX holiday_of_year ON holiday (year);

-- Why an office's file was changed, in the words of who changed it.
ALTER TABLE office_version ADD COLUMN reason TEXT NOT NULL DEFAULT '';
