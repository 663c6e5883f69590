//! The agent as a browser and a portal meet it: its pages on the loopback, a virtual card in its reader, and a portal of this test at the other end.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod app;
mod bench;
mod cards;
mod desk;
mod door;
mod kiosk;
mod kiosk_card;
mod portal;
mod renewal;
mod same_pin;
mod scene;
mod screens;
mod screens_secrets;
mod secrets;
mod shell;
mod shell_citizen;
mod start;
mod traces;
mod walk;
mod watch;
