//! What must never happen at the portal (THREATS A17, A19, A36, A37, A45, A48).
