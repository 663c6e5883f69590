-- The application about a card that was decided last, after it had been held: who is registered with the card, or shows it
-- again, is told what came of it (DOMAIN §5.3).
CREATE TABLE decided_card (
    office TEXT NOT NULL,
    card BLOB NOT NULL,
    case_id BLOB NOT NULL,
    PRIMARY KEY (office, card)
);
CREATE INDEX decided_card_case ON decided_card (case_id);
