//! The agent as a browser and a portal meet it: its pages on the loopback, a virtual card in its reader, and a portal of this test at the other end.

mod bench;
mod cards;
mod door;
mod portal;
mod secrets;
mod shell;
mod start;
mod walk;
