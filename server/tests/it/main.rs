//! The tests of the server, one module per noun.

mod config;
mod desk;
mod errand;
mod house;
mod invariant;
mod journal;
mod letter;
mod node;
mod portal;
mod print;
mod store;
mod validation;
