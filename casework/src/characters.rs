//! Which characters a field takes, and how many of them there are for a reader (DOMAIN §3.4, §8.4).
