//! The audit as a transparency log: a Merkle tree over commitments, heads signed by the node, exports that anybody can
//! verify with neither the database nor trust in whoever keeps it (DOMAIN §2.5, THREATS A27).

pub mod case;
pub mod entry;
pub mod erasure;
pub mod export;
pub mod heads;
pub mod note;
pub mod tile;
pub mod tree;
pub mod verify;
