//! The archive as a whole: events and objects in, a sealed package out.

mod fixity;
mod sealing;
mod world;
