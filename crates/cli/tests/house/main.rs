//! The whole house through its sockets: what a user relies on, seen from a client. Every test has
//! its own server, and every answer in them is held against the contract.

mod assistants;
mod auth;
mod azure;
mod background;
mod bad_input;
mod bills;
mod broken;
mod chance;
mod client;
mod clocks;
mod content;
mod edges;
mod every_operation;
mod files;
mod house;
mod identity;
mod metrics;
mod models;
mod open_weights;
mod pages;
mod ranking;
mod refusals;
mod retrieval;
mod shutdown;
mod spoken;
mod stored;
mod streams;
mod transports;
mod usage;
mod vector_stores;
mod web_sockets;
mod webhooks;
mod worlds;
