-- The right edge of the Merkle tree over the events (RFC 9162 §2.1): the roots of the perfect subtrees of which it
-- consists, largest first. One row, written in the transaction that appends. From here on event.head is the root of the
-- tree that ends with the event.
CREATE TABLE audit_tree (
    id BIGINT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    frontier BLOB NOT NULL
);
