//! The tests of the server, one module per noun.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it must be")]

mod api;
mod audit;
mod authority;
mod backup;
mod cli;
mod config;
mod console;
mod desk;
mod doctor;
mod errand;
mod evidence;
mod held;
mod holder;
mod house;
mod invariant;
mod journal;
mod letter;
mod node;
mod office;
mod officer;
mod operations;
mod operator;
mod paper;
mod portal;
mod post;
mod print;
mod queue;
mod retention;
mod review;
mod secrets;
mod serve;
mod set_up;
mod store;
mod unfinished;
mod validation;
