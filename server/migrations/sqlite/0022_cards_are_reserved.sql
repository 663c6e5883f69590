-- Resets of signature passwords: of which card a case is, and by whose key the app acts for it. `announced` is 1 while the
-- card may still confirm what was announced.
CREATE TABLE pin_reset (
    case_id BLOB NOT NULL PRIMARY KEY,
    office TEXT NOT NULL,
    card TEXT NOT NULL,
    key_hash BLOB NOT NULL,
    announced BIGINT NOT NULL,
    begun_at BIGINT NOT NULL
);
CREATE INDEX pin_reset_card ON pin_reset (card, announced);

-- One case for each card in which faces are compared, and one that is its reservation.
CREATE TABLE reserved_card (
    card TEXT NOT NULL,
    place TEXT NOT NULL,
    case_id BLOB NOT NULL,
    PRIMARY KEY (card, place)
);
CREATE INDEX reserved_card_case ON reserved_card (case_id);
