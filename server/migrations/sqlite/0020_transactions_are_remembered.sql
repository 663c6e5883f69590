-- Transactions of CMP by the identifier that their first message chose, for as long as that message could come again; and
-- of a certificate that is to be confirmed, what its confirmation must agree with.
CREATE TABLE cmp_transaction (
    id BLOB NOT NULL PRIMARY KEY,
    asker BLOB NOT NULL,
    state TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    certificate BLOB,
    request BIGINT,
    nonce BLOB,
    asked_with BLOB
);
CREATE INDEX cmp_transaction_begun ON cmp_transaction (begun_at);
CREATE INDEX cmp_transaction_asker ON cmp_transaction (asker);
