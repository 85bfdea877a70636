//! The chassis against real servers and over real connections.

mod edge;
