//! The tests of the server, one module per noun.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it must be")]

mod authority;
mod backup;
mod cli;
mod config;
mod console;
mod desk;
mod doctor;
mod errand;
mod house;
mod invariant;
mod journal;
mod letter;
mod node;
mod operator;
mod portal;
mod print;
mod retention;
mod serve;
mod store;
mod unfinished;
mod validation;
