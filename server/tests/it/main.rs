//! The tests of the server, one module per noun.

mod config;
mod desk;
mod house;
mod invariant;
mod journal;
mod letter;
mod portal;
mod print;
mod store;
